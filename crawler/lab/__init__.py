"""Floor 8: the fixture site and what is measured on it.

Nothing that crawls needs this floor. It has eleven parts, each of which can be read alone:

``experiments/`` (``crawler lab``)
    One claim about coroutines, threads or processes in each file, of at most 120 lines, and what this
    machine says to it. :mod:`crawler.lab.registry` has them in the order in which they are best read. A file
    such as ``pool_kill_here`` belongs to the experiment whose name it begins with. In this folder:
    ``finding`` (what an experiment returns), ``laboratory`` (runs them), ``experiment_process`` and
    ``sandbox_process`` (so that none of them harms the others), ``work``, ``asking`` and ``machine``
    (what they measure with).
``experiments/race/`` (``crawler lab race``)
    The same small crawl under each model. Each model is one file of less than a hundred lines, to be laid
    beside the next: ``sequential``, ``threads``, ``coroutines``, ``processes`` and so on.
``lessons/`` (``crawler lab --ask``)
    What goes with each experiment: a question to guess at, what follows for a reader's program, where this
    one does it, an exercise. ``lesson``, in this folder, says what that is made of.
``chinese/`` (``crawler lab --language zh``)
    What the experiments and the lessons say, in Chinese. In this folder: ``translation`` (what there is to be
    said), ``labels`` (the fixed words around it, of both languages), ``language`` (hands it all out).
``tables/`` and ``report/``
    How findings are shown: a table and a picture for each experiment, then the terminal, the page, the
    JSON object. Nothing here measures anything.
``site/`` (``crawler serve``)
    The fixture site, a bookshop: ``pages`` and ``answers`` say what is there, ``app`` serves it.
``faults/`` (``crawler serve --faults``, ``crawler lab faults``)
    A server that misbehaves in every way there is. A file for each family of faults; ``manifest`` says what
    a fault is, ``site`` puts them among good pages, ``judge`` compares what was recorded with what is right.
``changing/`` (``crawler serve --changing``)
    A site that changes over five stages: ``stage`` says what can be done to it, ``manifest`` what a crawl of
    each stage is answered and what is different from the one before.
``crash/`` (``crawler lab crash``)
    Kills crawls and recrawls, and judges what they leave. Begin with ``kinds`` (the ways to die) and
    ``trial`` (one kill); :mod:`crawler.lab.graph_site` is the site that is crawled.
``internet/`` (``crawler lab internet``)
    Any number of hosts behind a proxy, computed from a seed, and a witness of how hard each is asked.
    ``world`` says what there is, ``truth`` what a right crawl records, ``ledger`` what the witness counts.
``nodes/`` (``crawler lab nodes``)
    Breaks a crawl that several nodes share, and judges what is left of it. Begin with ``plan`` (what is
    done), ``inflicting`` (how) and ``judging``; ``cutting_proxy_task`` cuts connections to PostgreSQL.
"""
