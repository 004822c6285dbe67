"""The generated site of the lab, for the tests."""

from crawler.lab.graph_site import GraphSite, graph_site, targets

__all__ = ["GraphSite", "graph_site", "targets"]
