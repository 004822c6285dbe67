"""Floor 9: checks made from tests, see docs/testing.md.

``report = check_site(url)`` crawls the site that an app serves while it is tested, as ``crawler check``
does it, and ``assert not report.errors`` fails where something is broken. ``keys.py`` says what may be asked
for, ``checking.py`` runs it, ``report.py`` is what comes of it.
"""

from crawler.check.finding import Mend, Place, Since
from crawler.testing.checking import check_site, check_site_async
from crawler.testing.report import Findings, PlacedFinding, Report

__all__ = [
    "Findings",
    "Mend",
    "Place",
    "PlacedFinding",
    "Report",
    "Since",
    "check_site",
    "check_site_async",
]
