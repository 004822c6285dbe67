"""The names of the options are those of the command."""

from crawler.cli import check_options
from crawler.cli.check import check
from crawler.cli.options import FLAGS, KEYS
from crawler.config.settings import KEYS as ALL_KEYS
from crawler.testing.keys import OPPOSITES, OPTIONS

PARAMETERS = {"fail_on_finding": "fail_on"}
"""Names of the command's parameters that are not those of its options."""
NOT_FOR_TESTS = {"dashboard", "log_level", "no_progress", "quiet", "trace", "verbose"}
"""What concerns the terminal, or whoever looks on."""


def of_the_command() -> dict[str, str]:
    named = {each.name for each in check.params if not getattr(each, "hidden", False)} - NOT_FOR_TESTS
    options = {PARAMETERS.get(name, name): key for name, key in KEYS.items() if name in named}
    flags = {name: key for name in named & FLAGS.keys() for key in FLAGS[name]}
    return options | flags


def test_each_option_of_the_command_has_its_name_here():
    command = {name: key for name, key in of_the_command().items() if name != key}
    assert check_options.CHECKED
    assert command | {"rules": "check.rules", "ignore": "check.ignore"} == OPTIONS | OPPOSITES


def test_each_is_a_key():
    tables = {"check.rules"}
    assert {*OPTIONS.values(), *OPPOSITES.values()} - tables <= ALL_KEYS.keys()
