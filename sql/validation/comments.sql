-- What \df+ says of the validators that are not SQL.

COMMENT ON FUNCTION html_escape(text) IS
    'text with & < > " '' as character references, for HTML elements and quoted attributes';
COMMENT ON FUNCTION validate_text(text, integer, integer, boolean) IS
    'ok, or what is wrong with a text: missing, too_short, too_long, line_break, control_character, invisible_character';
COMMENT ON FUNCTION validate_timestamp(text, timestamptz, timestamptz) IS
    'ok, or what is wrong with a time in RFC 3339 or seconds since 1970: missing, not_a_timestamp, too_early, too_late';
