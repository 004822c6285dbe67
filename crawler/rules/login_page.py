"""Whether a URL is that of a login page, by the words that such pages go by.

A guess, but one that can be explained: it only gives a name to what every page of a crawl leads to.
"""

import re

_WORD = r"(?:log|sign)[-_]?(?:in|on)|sso|auth|oauth2?|saml2?|idp|cas|openid|authenticat(?:e|ion)|authori[sz]e"
_LOGIN = re.compile(
    rf"https?://(?:(?:{_WORD}|accounts)\.|[^/?#]*/(?:[^?#]*/)?(?:wp-)?(?:{_WORD})(?:\.\w+)?(?:[/?#]|$))",
    re.IGNORECASE,
)


def is_login_url(url: str) -> bool:
    """True where a segment of the path, or the host's first name, is such a word.

    As in ``/users/sign_in``, ``/wp-login.php``, ``https://accounts.example.com/``.
    """
    return _LOGIN.match(url) is not None
