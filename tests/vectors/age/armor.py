"""Vectors of the armor."""
import age
from vector import (ARMOR, BEGIN, END, FILE_KEY, HEADER, HMAC, NO_MATCH, OTHER_IDENTITY, OURS,
                    PAYLOAD, TEXT, UNKNOWN, damaged, fixed, opens, payload, sealed, silent,
                    vector)


def armor_vectors():
    def armored(name, file, expect=ARMOR, **rest):
        vector('armor_' + name, expect, file, armored=True, **rest)

    def fine(name, file, **rest):
        opens('armor_' + name, file, armored=True, **rest)

    file = sealed(text=TEXT + bytes(-len(sealed()) % 3))
    file_text = TEXT + bytes(-len(sealed()) % 3)
    good = age.armor(file)
    lines = good[len(BEGIN):-len(END)].split(b'\n')[:-1]

    def rebuilt(*changed):
        return BEGIN + b''.join(line + b'\n' for line in changed) + END

    assert len(lines[-1]) < 64
    fine('short_last_line', good, text=file_text)
    full = TEXT + bytes(-len(sealed()) % 48)
    fine('full_last_line', age.armor(sealed(text=full)), text=full)
    for pad in (1, 2):
        text = full + bytes(48 - pad)
        fine('padding_%d' % pad, age.armor(sealed(text=text)), text=text)
    fine('crlf', age.armor(file, b'\r\n'), text=file_text)
    fine('mixed_line_ends', good.replace(b'\n', b'\r\n', 3), text=file_text)
    fine('no_final_line_end', good[:-1], text=file_text)
    fine('space_around', b' \t\r\n\n' + good + b'\n \t\r\n', text=file_text)
    fine('space_before_limit', b'\n' * 1024 + good, text=file_text)
    armored('space_before_over', b'\n' * 1025 + good)
    fine('crlf_before_limit', b'\r\n' * 1024 + good, text=file_text,
         comment='one byte for each line end, CRLF too')
    armored('crlf_before_over', b'\r\n' * 1025 + good)
    fine('space_behind_limit', good + b'\n' * 1023, text=file_text)
    armored('space_behind_over', good + b'\n' * 1024)
    scrypt = age.scrypt_stanza(FILE_KEY, b'password', fixed('salt', 16), 10)
    fine('scrypt', age.armor(sealed(scrypt)), identities=[], passphrases=['password'])
    armored('empty', BEGIN + END, HEADER, comment='good armor around nothing')
    armored('no_match', good, NO_MATCH, identities=[OTHER_IDENTITY])
    armored('hmac', age.armor(sealed(UNKNOWN, OURS).replace(UNKNOWN, b'')), HMAC)
    crlf = age.header(FILE_KEY, OURS).replace(b'\n', b'\r\n') + payload()
    armored('crlf_inside', age.armor(crlf), HEADER)
    armored('header_cut', age.armor(file[:60]), HEADER)
    armored('payload_cut', age.armor(file[:-1]), PAYLOAD, released=b'')
    armored('payload_damaged', age.armor(damaged(file)), PAYLOAD, released=b'')
    text = silent(0, age.CHUNK)
    armored('bytes_behind_payload', age.armor(sealed(text=text) + b'more'), PAYLOAD, released=text)
    armored('binary', file)
    armored('text_before', b'text\n' + good)
    armored('text_behind', good + b'text\n')
    armored('twice', good + good)
    armored('space_before_begin', b' ' + good)
    armored('space_behind_begin', good.replace(b'-----\n', b'----- \n', 1))
    armored('begin_lower_case', good.replace(b'BEGIN AGE ENCRYPTED', b'begin age encrypted'))
    armored('begin_of_another', good.replace(b'BEGIN AGE', b'BEGIN PGP'))
    armored('begin_with_four_dashes', good[1:])
    armored('begin_missing', good[len(BEGIN):])
    armored('end_missing', good[:-len(END)])
    armored('end_cut', good[:-4])
    armored('end_lower_case', good.replace(b'END AGE ENCRYPTED', b'end age encrypted'))
    armored('end_of_another', good.replace(b'END AGE', b'END PGP'))
    armored('space_before_end', good.replace(b'-----END', b' -----END'))
    armored('space_behind_end', good[:-1] + b' \n')
    armored('end_on_data_line', good.replace(b'\n-----END', b'-----END'))
    armored('headers', good.replace(BEGIN, BEGIN + b'Comment: of PEM\n\n'))
    armored('checksum', good.replace(END, b'=AAAA\n' + END))
    armored('blank_line_first', rebuilt(b'', *lines))
    armored('blank_line_within', rebuilt(lines[0], b'', *lines[1:]))
    armored('blank_line_last', rebuilt(*lines, b''))
    armored('blank_line_behind_full_line', age.armor(sealed(text=full)).replace(END, b'\n' + END))
    joined = b''.join(lines)
    armored('one_line', rebuilt(joined))
    armored('long_lines', rebuilt(*[joined[i:i + 76] for i in range(0, len(joined), 76)]))
    armored('short_lines', rebuilt(*[joined[i:i + 60] for i in range(0, len(joined), 60)]))
    armored('short_line_within', rebuilt(lines[0][:60], lines[0][60:], *lines[1:]))
    padded = age.armor(sealed(text=full + bytes(47))).replace(END, b'')[len(BEGIN):-1].split(b'\n')
    assert padded[-1].endswith(b'=') and len(padded[-1]) == 64
    armored('padding_missing', rebuilt(*padded[:-1], padded[-1][:-1]))
    armored('padding_alone', rebuilt(*lines[:-1], lines[-1], b'===='))
    armored('padding_twice', rebuilt(*padded[:-1], padded[-1] + b'='))
    armored('padding_within_line', rebuilt(b'QQ==' + lines[0][4:], *lines[1:]))
    armored('padded_line_within', rebuilt(padded[-1], *lines))
    spare = bytearray(padded[-1])
    alphabet = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    spare[-2] = alphabet[alphabet.index(spare[-2]) | 1]
    armored('not_canonical', rebuilt(*padded[:-1], bytes(spare)))
    armored('url_alphabet', rebuilt(lines[0][:-2] + b'-_', *lines[1:]))
    armored('not_base64', rebuilt(lines[0][:-1] + b'!', *lines[1:]))
    armored('space_in_line', rebuilt(lines[0][:30] + b' ' + lines[0][31:], *lines[1:]))
    armored('space_before_line', rebuilt(b' ' + lines[0], *lines[1:]))
    armored('space_behind_line', rebuilt(lines[0] + b' ', *lines[1:]))
    armored('tab_behind_line', rebuilt(lines[0] + b'\t', *lines[1:]))
    armored('nul_in_line', rebuilt(lines[0][:-1] + b'\0', *lines[1:]))
    armored('cr_in_line', rebuilt(lines[0][:30] + b'\r' + lines[0][31:], *lines[1:]))
    armored('two_crs', good.replace(b'\n', b'\r\r\n', 2),
            comment='one CR belongs to the line end, the other is in the line')
    armored('cr_alone', good.replace(b'\n', b'\r'))
