"""How findings are shown: a file for each experiment, which makes tables and a picture of its figures.

What is measured, and how, is in the file of the same name in ``crawler/lab/experiments/``. Nothing here
starts or measures anything, so an experiment can be read without it.
"""
