"""Which URLs are those of a login page."""

import pytest

from crawler.rules.urls import is_login_url


@pytest.mark.parametrize(
    "url",
    [
        "http://h/login",
        "http://h/login?next=/x",
        "http://h/a/users/sign_in",
        "http://h/wp-login.php",
        "http://h/Login/",
        "http://h/log-in.aspx#top",
        "http://h/auth/realms/x",
        "http://h/oauth2/authorize?client=1",
        "https://accounts.example.com/x",
        "https://sso.h:8443/",
    ],
)
def test_words_of_a_path_or_a_host_that_mean_a_login(url):
    assert is_login_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://h/",
        "http://h/blogin",
        "http://h/login-guide",
        "http://h/authors/",
        "http://h/cassettes",
        "http://h/x?login",
        "http://h/x?u=/login",
        "http://h/x#/login",
        "http://loginx.h/",
        "http://h.login/",
    ],
)
def test_words_that_only_look_like_it(url):
    assert not is_login_url(url)
