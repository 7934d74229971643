"""addok for addresses of any country: its own flag knows a number only at the beginning of the text, its manual asks for one's own."""

PROCESSORS_PYPATHS = [
    "addok.helpers.text.tokenize",
    "addok.helpers.text.normalize",
    "addok_settings.flag_housenumber",
    "addok.helpers.text.synonymize",
]


def flag_housenumber(tokens):
    """Whatever begins with a digit, and a single letter behind it (`12 a`)."""
    is_behind_number = False
    for token in tokens:
        is_number = token[:1].isdigit() or (is_behind_number and len(token) == 1)
        if is_number:
            token.kind = "housenumber"
        is_behind_number = is_number
        yield token
