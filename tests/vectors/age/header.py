"""Vectors of the header: version, MAC, stanzas."""
import age
from age import b64, stanza
from vector import (FILE_KEY, HEADER, HMAC, NONCE, NO_MATCH, OTHER_IDENTITY, OURS, SUCCESS,
                    UNKNOWN, damaged, fixed, loosened, opens, payload, sealed, vector)


def header_vectors():
    good = sealed()
    vector('header_empty_file', HEADER, b'')
    vector('header_version_2', HEADER, good.replace(b'/v1\n', b'/v2\n', 1))
    vector('header_version_cut', HEADER, b'age-encryption.org/v1')
    vector('header_leading_space', HEADER, b' ' + good)
    vector('header_leading_line', HEADER, b'\n' + good)
    vector('header_byte_order_mark', HEADER, b'\xef\xbb\xbf' + good)
    crlf = age.header(FILE_KEY, OURS).replace(b'\n', b'\r\n')
    vector('header_crlf', HEADER, crlf + payload())
    vector('header_no_stanza', HEADER, sealed(b''))
    vector('header_foreign_line', HEADER, sealed(OURS, b'comment\n'))
    vector('header_blank_line', HEADER, sealed(b'\n', OURS))
    vector('header_cut_in_version', HEADER, good[:10])
    vector('header_cut_in_stanza', HEADER, good[:60])
    vector('header_cut_behind_stanza', HEADER, age.VERSION + OURS)
    vector('header_nonce_missing', HEADER, age.header(FILE_KEY, OURS),
           comment='the nonce belongs to the header, although the file key is known by then')
    vector('header_nonce_short', HEADER, age.header(FILE_KEY, OURS) + NONCE[:15])
    opens('header_many_stanzas', sealed(*[UNKNOWN] * 40, OURS))
    opens('header_thousands_of_stanzas', sealed(*[UNKNOWN] * 4000, OURS),
          comment='the format has no limit; age before 1.3 makes such files')
    opens('header_long_line', sealed(stanza(b'unknown', b'a' * 3000), OURS),
          comment='only the lines of bodies have a limit of 64 columns')


def hmac_vectors():
    covered = age.VERSION + OURS + b'---'
    code = age.header_mac(FILE_KEY, covered)

    def with_line(name, line, expect=HEADER, **rest):
        vector('hmac_' + name, expect, covered + line + payload(), **rest)

    with_line('wrong', b' ' + b64(damaged(code)) + b'\n', HMAC)
    with_line('covers_a_space', b' ' + b64(age.header_mac(FILE_KEY, covered + b' ')) + b'\n', HMAC)
    with_line('of_another_key', b' ' + b64(age.header_mac(NONCE, covered)) + b'\n', HMAC)
    vector('hmac_stanza_added', HMAC,
           age.VERSION + UNKNOWN + OURS + b'--- ' + b64(code) + b'\n' + payload())
    vector('hmac_stanza_removed', HMAC, sealed(UNKNOWN, OURS).replace(UNKNOWN, b''))
    vector('hmac_argument_changed', HMAC, sealed(UNKNOWN, OURS).replace(b'argument', b'Argument'))
    vector('hmac_wrong_and_no_match', NO_MATCH,
           covered + b' ' + b64(damaged(code)) + b'\n' + payload(), identities=[OTHER_IDENTITY])
    with_line('malformed_and_no_match', b' ' + b64(code) + b' \n', identities=[OTHER_IDENTITY],
              comment='the line is read before any stanza is opened')
    with_line('missing', b'\n')
    with_line('empty', b' \n')
    with_line('no_space', b64(code) + b'\n')
    with_line('two_spaces', b'  ' + b64(code) + b'\n')
    with_line('tab', b'\t' + b64(code) + b'\n')
    with_line('trailing_space', b' ' + b64(code) + b' \n')
    with_line('trailing_text', b' ' + b64(code) + b' argument\n')
    with_line('cr', b' ' + b64(code) + b'\r\n')
    with_line('padded', b' ' + b64(code) + b'=\n')
    with_line('not_canonical', b' ' + loosened(b64(code)) + b'\n')
    with_line('short', b' ' + b64(code[:31]) + b'\n')
    with_line('long', b' ' + b64(code + b'\0') + b'\n')
    with_line('url_alphabet', b' ' + b'-_' * 21 + b'A' + b'\n')
    vector('hmac_two_dashes', HEADER, covered[:-1] + b' ' + b64(code) + b'\n' + payload())
    vector('hmac_four_dashes', HEADER, covered + b'- ' + b64(code) + b'\n' + payload())
    vector('hmac_no_line_end', HEADER, covered + b' ' + b64(code))


def stanza_vectors():
    def beside(name, lines, expect=HEADER, **rest):
        """The lines stand before a good stanza: they are read all the same."""
        if expect == SUCCESS:
            opens('stanza_' + name, sealed(lines, OURS), **rest)
        else:
            vector('stanza_' + name, expect, sealed(lines, OURS), **rest)

    full = b64(fixed('line', 48)) + b'\n'
    vector('stanza_only_unknown', NO_MATCH, sealed(UNKNOWN))
    beside('unknown_before', UNKNOWN, SUCCESS)
    opens('stanza_unknown_behind', sealed(OURS, UNKNOWN))
    beside('all_characters', stanza(bytes(range(0x21, 0x7F)), b'->', b'---'), SUCCESS)
    beside('empty_body', stanza(b'unknown'), SUCCESS)
    beside('one_byte', stanza(b'unknown', body=b'\0'), SUCCESS)
    beside('full_line', stanza(b'unknown', body=fixed('line', 48)), SUCCESS,
           comment='a body of full lines ends with an empty one')
    beside('two_lines', stanza(b'unknown', body=fixed('lines', 50)), SUCCESS)
    beside('many_arguments', stanza(b'unknown', *[b'a'] * 50), SUCCESS)
    beside('body_missing', b'-> unknown\n')
    beside('final_line_missing', b'-> unknown\n' + full)
    beside('final_line_twice', b'-> unknown\n\n\n')
    beside('two_short_lines', b'-> unknown\nAAAA\nAAAA\n')
    beside('long_line', b'-> unknown\n' + b'A' * 68 + b'\n')
    beside('one_character_too_many', b'-> unknown\n' + b'A' * 65 + b'\n\n')
    beside('padded', b'-> unknown\nAA==\n')
    beside('not_canonical', b'-> unknown\nAB\n')
    beside('one_of_four', b'-> unknown\nAAAAA\n')
    beside('url_alphabet', b'-> unknown\n-_-_\n')
    beside('space_in_body', b'-> unknown\nAA AA\n')
    beside('space_before_body', b'-> unknown\n AAA\n')
    beside('space_behind_body', b'-> unknown\nAAA \n')
    beside('cr_in_body', b'-> unknown\nAAAA\r\n')
    beside('cr_in_arguments', b'-> unknown\r\nAAAA\n')
    beside('no_type', b'-> \n\n')
    beside('nothing_behind_arrow', b'->\n\n')
    beside('no_space', b'->unknown\n\n')
    beside('leading_space', b' -> unknown\n\n')
    beside('two_spaces', b'->  unknown\n\n')
    beside('trailing_space', b'-> unknown \n\n')
    beside('empty_argument', b'-> unknown  argument\n\n')
    beside('tab', b'-> unknown\targument\n\n')
    beside('control_character', b'-> unknown \x01\n\n')
    beside('delete_character', b'-> unknown \x7f\n\n')
    beside('nul', b'-> unknown \0\n\n')
    beside('utf8', '-> unknown ä\n\n'.encode())
    beside('other_arrow', b'=> unknown\n\n')
