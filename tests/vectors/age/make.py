#!/usr/bin/env python3
"""make.py — writes kit/: a vector for each rule of the age format, in the form of the C2SP age test
kit. Each expectation follows from the rule in its name or comment, never from what a program did
with the file. The same bytes come out each time."""
import hashlib
import os
import zlib

import age
from age import b64, hkdf, stanza, wrap

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'kit')

HEADER, ARMOR, PAYLOAD = 'header failure', 'armor failure', 'payload failure'
NO_MATCH, HMAC, SUCCESS = 'no match', 'HMAC failure', 'success'


def fixed(name, size):
    """Bytes that look random and belong to a name."""
    return hashlib.shake_256(b'moonlatch age vectors: ' + name.encode()).digest(size)


def identity_text(scalar):
    return age.bech32('AGE-SECRET-KEY-', scalar)


FILE_KEY, NONCE = fixed('file key', 16), fixed('nonce', 16)
SCALAR, OTHER = fixed('identity', 32), fixed('other identity', 32)
EPHEMERAL = fixed('ephemeral', 32)
POINT, OTHER_POINT = age.x25519_base(SCALAR), age.x25519_base(OTHER)
SHARE = age.x25519_base(EPHEMERAL)
IDENTITY, OTHER_IDENTITY = identity_text(SCALAR), identity_text(OTHER)
WRAP_KEY = hkdf(age.x25519(EPHEMERAL, POINT), SHARE + POINT, b'age-encryption.org/v1/X25519')
BODY = wrap(WRAP_KEY, FILE_KEY)
OURS = age.x25519_stanza(FILE_KEY, POINT, EPHEMERAL)
THEIRS = age.x25519_stanza(FILE_KEY, OTHER_POINT, EPHEMERAL)
UNKNOWN = stanza(b'unknown', b'argument', body=fixed('unknown', 40))
TEXT = b'what is sealed'
BEGIN, END = b'-----BEGIN AGE ENCRYPTED FILE-----\n', b'-----END AGE ENCRYPTED FILE-----\n'


def damaged(data, at=-1):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def payload(text=TEXT):
    return NONCE + b''.join(age.chunks(FILE_KEY, NONCE, text))


def sealed(*stanzas, text=TEXT):
    return age.header(FILE_KEY, *(stanzas or (OURS,))) + payload(text)


def vector(name, expect, file, released=None, identities=(IDENTITY,), ssh=(), passphrases=(),
           armored=False, comment=None):
    lines = ['expect: ' + expect]
    if released is not None:
        lines.append('payload: ' + hashlib.sha256(released).hexdigest())
    lines.append('file key: ' + FILE_KEY.hex())
    lines += ['identity: ' + text for text in identities]
    lines += ['ssh identity: ' + text for text in ssh]
    lines += ['passphrase: ' + text for text in passphrases]
    if armored:
        lines.append('armored: yes')
    if comment:
        lines.append('comment: ' + comment)
    if len(file) > 4096:
        lines.append('compressed: zlib')
        file = zlib.compress(file, 9)
    path = os.path.join(FOLDER, name)
    assert not os.path.exists(path), name
    with open(path, 'wb') as out:
        out.write('\n'.join(lines + ['', '']).encode() + file)


def opens(name, file, text=TEXT, **rest):
    vector(name, SUCCESS, file, released=text, **rest)


# Header


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


def loosened(text):
    """The same bytes in base64 with an unused bit that is not zero."""
    alphabet = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    last = alphabet.index(text[-1])
    assert last & 1 == 0 and len(text) % 4 != 0
    return text[:-1] + bytes([alphabet[last | 1]])


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


# Recipient types


def x25519_vectors():
    def refused(name, arguments, body=BODY, expect=HEADER, **rest):
        vector('x25519_' + name, expect, sealed(stanza(b'X25519', *arguments, body=body)), **rest)

    share = b64(SHARE)
    opens('x25519', sealed())
    opens('x25519_second_stanza', sealed(THEIRS, OURS))
    opens('x25519_second_identity', sealed(), identities=[OTHER_IDENTITY, IDENTITY])
    opens('x25519_both_identities', sealed(THEIRS, OURS), identities=[OTHER_IDENTITY, IDENTITY])
    high = SHARE[:31] + bytes([SHARE[31] | 0x80])
    opens('x25519_high_bit', sealed(age.x25519_stanza(FILE_KEY, POINT, EPHEMERAL, high)),
          comment='bit 255 of a share does not count in X25519, but in the salt')
    unclamped = bytes([SCALAR[0] | 7]) + SCALAR[1:31] + bytes([SCALAR[31] | 0x80])
    opens('x25519_unclamped', sealed(age.x25519_stanza(FILE_KEY, age.x25519_base(unclamped),
                                                       EPHEMERAL)),
          identities=[identity_text(unclamped)])
    vector('x25519_no_match', NO_MATCH, sealed(), identities=[OTHER_IDENTITY])
    vector('x25519_passphrase_alone', NO_MATCH, sealed(), identities=[], passphrases=['password'])
    refused('damaged_body', [share], damaged(BODY), NO_MATCH)
    refused('other_share', [b64(POINT)], expect=NO_MATCH)
    vector('x25519_lower_case', NO_MATCH, sealed(OURS.replace(b'X25519', b'x25519')))
    refused('no_argument', [])
    refused('two_arguments', [share, b'argument'])
    refused('share_twice', [share, share])
    refused('short_share', [b64(SHARE[:31])])
    refused('long_share', [b64(SHARE + b'\0')])
    refused('padded_share', [share + b'='])
    refused('share_not_canonical', [loosened(share)])
    refused('share_in_hex', [SHARE.hex().encode()])
    refused('share_url_alphabet', [share[:-1].replace(b'A', b'B') [:40] + b'-_A'])
    refused('short_body', [share], BODY[:31])
    refused('long_body', [share], BODY + b'\0')
    refused('empty_body', [share], b'')
    wide = wrap(WRAP_KEY, FILE_KEY + b'\0')
    refused('wide_file_key', [share], wide, comment='authentic, but of 17 bytes')
    low = {
        'zero': 0, 'one': 1, 'order_8': 0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        'order_8_other': 0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
        'p_minus_1': age.P - 1, 'p': age.P, 'p_plus_1': age.P + 1,
    }
    zero = hkdf(bytes(32), b'', b'')
    for name, u in low.items():
        point = u.to_bytes(32, 'little')
        assert age.x25519(SCALAR, point) == bytes(32), name
        refused('low_order_' + name, [b64(point)])
    key = hkdf(bytes(32), bytes(32) + POINT, b'age-encryption.org/v1/X25519')
    refused('low_order_that_opens', [b64(bytes(32))], wrap(key, FILE_KEY),
            comment='sealed under the all-zero secret, which everybody knows')
    vector('x25519_malformed_before_ours', HEADER,
           sealed(stanza(b'X25519', share, b'argument', body=BODY), OURS))
    opens('x25519_malformed_behind_ours',
          sealed(OURS, stanza(b'X25519', share, b'argument', body=BODY)),
          comment='a stanza is looked into when it is tried')


def scrypt_vectors():
    salt, password = fixed('salt', 16), b'password'
    good = age.scrypt_stanza(FILE_KEY, password, salt, 10)
    body = wrap(age.scrypt_key(password, salt, 10), FILE_KEY)
    with_password = {'identities': [], 'passphrases': ['password']}

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('scrypt_' + name, expect, sealed(stanza(b'scrypt', *arguments, body=wrapped)),
               **{**with_password, **rest})

    opens('scrypt', sealed(good), **with_password)
    opens('scrypt_work_factor_1', sealed(age.scrypt_stanza(FILE_KEY, password, salt, 1)),
          **with_password)
    opens('scrypt_second_passphrase', sealed(good), identities=[],
          passphrases=['something else', 'password'])
    for name, text in (('spaces', ' two  words '), ('utf8', 'pässwörd'), ('long', 'x' * 300)):
        opens('scrypt_passphrase_' + name,
              sealed(age.scrypt_stanza(FILE_KEY, text.encode(), salt, 10)), identities=[],
              passphrases=[text])
    opens('scrypt_and_an_identity', sealed(good), identities=[IDENTITY], passphrases=['password'])
    vector('scrypt_no_match', NO_MATCH, sealed(good), identities=[], passphrases=['Password'])
    vector('scrypt_identity_alone', NO_MATCH, sealed(good))
    refused('damaged_body', [b64(salt), b'10'], damaged(body), NO_MATCH)
    refused('other_work_factor', [b64(salt), b'11'], expect=NO_MATCH)
    vector('scrypt_upper_case', NO_MATCH, sealed(good.replace(b'scrypt', b'SCRYPT')),
           **with_password)
    for name, text in (('23', b'23'), ('64', b'64'), ('overflow', b'18446744073709551626'),
                       ('zero', b'0'), ('leading_zero', b'010'), ('plus', b'+10'),
                       ('minus', b'-10'), ('hex', b'0xa'), ('letter', b'10a'), ('point', b'10.0'),
                       ('exponent', b'1e1'), ('letters', b'ten')):
        refused('work_factor_' + name, [b64(salt), text])
    refused('no_arguments', [])
    refused('one_argument', [b64(salt)])
    refused('three_arguments', [b64(salt), b'10', b'argument'])
    refused('arguments_exchanged', [b'10', b64(salt)])
    refused('short_salt', [b64(salt[:15]), b'10'])
    refused('long_salt', [b64(salt + b'\0'), b'10'])
    refused('padded_salt', [b64(salt) + b'==', b'10'])
    refused('salt_not_canonical', [loosened(b64(salt)), b'10'])
    refused('short_body', [b64(salt), b'10'], body[:31])
    refused('long_body', [b64(salt), b'10'], body + b'\0')
    refused('empty_body', [b64(salt), b'10'], b'')
    both = {'identities': [IDENTITY], 'passphrases': ['password']}
    alone = 'a passphrase stanza beside another: whoever wrote the file need not know both'
    for name, stanzas in (('twice', [good, good]), ('unknown_before', [UNKNOWN, good]),
                          ('unknown_behind', [good, UNKNOWN]), ('x25519_before', [OURS, good]),
                          ('x25519_behind', [good, OURS])):
        vector('scrypt_mixed_' + name, HEADER, sealed(*stanzas), comment=alone, **both)
        vector('scrypt_mixed_%s_passphrase' % name, HEADER, sealed(*stanzas), **with_password)
    vector('scrypt_mixed_identity', HEADER, sealed(OURS, good),
           comment='refused when it is read: the identity alone would open it')


def ssh_ed25519_vectors():
    seed, other = fixed('ssh seed', 32), fixed('other ssh seed', 32)
    tag, share, body = age.ssh_ed25519_parts(FILE_KEY, seed, EPHEMERAL)
    key, other_key = age.ssh_ed25519_private(seed), age.ssh_ed25519_private(other)
    ours = {'identities': [], 'ssh': [key]}

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('ssh_ed25519_' + name, expect,
               sealed(stanza(b'ssh-ed25519', *arguments, body=wrapped)), **{**ours, **rest})

    good = stanza(b'ssh-ed25519', tag, share, body=body)
    opens('ssh_ed25519', sealed(good), **ours)
    opens('ssh_ed25519_second_identity', sealed(good), identities=[], ssh=[other_key, key])
    opens('ssh_ed25519_behind_x25519', sealed(THEIRS, good), identities=[IDENTITY], ssh=[key])
    vector('ssh_ed25519_no_match', NO_MATCH, sealed(good), identities=[], ssh=[other_key])
    vector('ssh_ed25519_as_x25519', NO_MATCH, sealed(good),
           identities=[identity_text(age.ed25519_scalar(seed))],
           comment='the identity that ssh-to-age makes of the key is another')
    point = age.x25519_base(age.ed25519_scalar(seed))
    vector('ssh_ed25519_x25519_stanza', NO_MATCH,
           sealed(age.x25519_stanza(FILE_KEY, point, EPHEMERAL)), **ours)
    other_tag = age.ssh_ed25519_parts(FILE_KEY, other, EPHEMERAL)[0]
    refused('other_tag', [other_tag, share], expect=NO_MATCH)
    vector('ssh_ed25519_upper_case', NO_MATCH, sealed(good.replace(b'ssh-ed', b'SSH-ED')), **ours)
    refused('damaged_body', [tag, share], damaged(body), NO_MATCH)
    opens('ssh_ed25519_behind_damaged',
          sealed(stanza(b'ssh-ed25519', tag, share, body=damaged(body)), good), **ours)
    refused('no_tag', [share])
    refused('no_share', [tag])
    refused('no_arguments', [])
    refused('three_arguments', [tag, share, b'argument'])
    refused('arguments_exchanged', [share, tag])
    refused('short_share', [tag, b64(SHARE[:31])])
    refused('share_not_canonical', [tag, loosened(share)])
    refused('low_order', [tag, b64(bytes(32))])
    refused('short_body', [tag, share], body[:31])
    refused('long_body', [tag, share], body + b'\0')


# Armor


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


# Payload


def silent(first, size, last=True):
    """A text whose sealed chunks are all zero but for their tags, so that vectors stay small: the
    keystream itself. Its chunks are numbered from `first`."""
    key = age.payload_key(FILE_KEY, NONCE)
    parts = []
    for index, start in enumerate(range(0, size, age.CHUNK), first):
        length = min(age.CHUNK, size - start)
        ends = last and start + length == size
        parts.append(age.keystream(key, age.chunk_nonce(index, ends), length))
    return b''.join(parts)


def silent_chunk(index, size=age.CHUNK, last=False):
    """Such a chunk, and its text."""
    key, nonce = age.payload_key(FILE_KEY, NONCE), age.chunk_nonce(index, last)
    return bytes(size) + age.tag(key, nonce, bytes(size)), age.keystream(key, nonce, size)


def stream_vectors():
    start = age.header(FILE_KEY, OURS)
    key = age.payload_key(FILE_KEY, NONCE)

    def fails(name, *parts, released=b'', **rest):
        vector('stream_' + name, PAYLOAD, start + NONCE + b''.join(parts), released=released,
               **rest)

    def single(nonce, text=TEXT):
        return age.seal(key, nonce, text)

    for size in (0, 1, 15, 16, 17):
        opens('stream_%d_bytes' % size, sealed(text=bytes(size)), text=bytes(size))
    full, full_text = silent_chunk(0)
    full_last, full_last_text = silent_chunk(0, last=True)
    second, second_text = silent_chunk(1)
    second_last, second_last_text = silent_chunk(1, last=True)
    short_last, short_last_text = silent_chunk(1, 1000, True)
    cut, cut_text = silent_chunk(0, age.CHUNK - 1, True)

    def whole(name, text, *parts):
        opens('stream_' + name, start + NONCE + b''.join(parts), text=text)

    whole('almost_a_chunk', cut_text, cut)
    whole('one_chunk', full_last_text, full_last)
    whole('one_chunk_and_a_byte', full_text + silent_chunk(1, 1, True)[1], full,
          silent_chunk(1, 1, True)[0])
    whole('two_chunks', full_text + second_last_text, full, second_last)
    whole('two_chunks_and_more', full_text + second_text + silent_chunk(2, 7, True)[1], full,
          second, silent_chunk(2, 7, True)[0])

    fails('no_chunk')
    fails('part_of_a_tag', bytes(15))
    fails('tag_of_nothing_wrong', bytes(16))
    fails('empty_chunk_not_last', single(age.chunk_nonce(0, False), b''))
    fails('short_chunk_not_last', single(age.chunk_nonce(0, False)))
    fails('last_byte_missing', single(age.chunk_nonce(0, True))[:-1])
    fails('text_damaged', damaged(single(age.chunk_nonce(0, True)), 0))
    fails('tag_damaged', damaged(single(age.chunk_nonce(0, True))))
    vector('stream_nonce_damaged', PAYLOAD,
           start + damaged(NONCE) + single(age.chunk_nonce(0, True)), released=b'')
    fails('counted_from_one', single(age.chunk_nonce(1, True)))
    fails('mark_of_two', single(bytes(11) + b'\2'))
    fails('mark_in_front', single(b'\1' + bytes(11)))
    fails('byte_behind', single(age.chunk_nonce(0, True)), b'\0',
          comment='the byte counts as one of the chunk, which is not full')
    fails('two_last_chunks', single(age.chunk_nonce(0, True)), single(age.chunk_nonce(1, True)))
    fails('under_file_key', age.seal(FILE_KEY * 2, age.chunk_nonce(0, True), TEXT))
    fails('key_without_nonce',
          age.seal(age.payload_key(FILE_KEY, b''), age.chunk_nonce(0, True), TEXT))

    fails('first_chunk_not_last', full, released=full_text,
          comment='it is genuine, and released; its successor is missing')
    fails('second_chunk_not_last', full, second, released=full_text + second_text)
    fails('empty_chunk_behind_full', full, age.seal(key, age.chunk_nonce(1, True), b''),
          released=full_text, comment='a text of whole chunks ends with a full one')
    fails('byte_behind_full', full_last, b'\0', released=full_last_text)
    fails('tag_behind_full', full_last, bytes(16), released=full_last_text)
    fails('chunk_behind_last', full_last, short_last, released=full_last_text)
    fails('full_chunk_behind_last', full_last, second_last, released=full_last_text)
    fails('last_chunk_twice', full_last, full_last, released=full_last_text)
    fails('second_chunk_cut', full, second_last[:-1], released=full_text)
    fails('second_chunk_of_15', full, second_last[:15], released=full_text)
    fails('second_tag_cut', full, short_last[:-1], released=full_text)
    fails('second_damaged', full, damaged(short_last), released=full_text)
    fails('first_damaged', damaged(full), short_last)
    fails('chunks_exchanged', second, full, short_last)
    fails('first_missing', second, silent_chunk(2, 10, True)[0])
    fails('second_missing', full, silent_chunk(2, 10, True)[0], released=full_text)
    fails('chunk_twice', full, full, silent_chunk(2, 10, True)[0], released=full_text)
    fails('short_chunk_within', single(age.chunk_nonce(0, False)), full,
          comment='chunks are cut at 64 KiB, whatever their writer meant')

    count = 257
    texts, parts = [], []
    for index in range(count):
        part, text = silent_chunk(index, last=index == count - 1)
        parts.append(part)
        texts.append(text)
    whole('counter_of_two_bytes', b''.join(texts), *parts)
    narrow = silent_chunk(0, last=True)[0]
    fails('counter_of_one_byte', *parts[:-1], narrow, released=b''.join(texts[:-1]),
          comment='chunk 256 counted as 0')


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, name))
    for write in (header_vectors, hmac_vectors, stanza_vectors, x25519_vectors, scrypt_vectors,
                  ssh_ed25519_vectors, armor_vectors, stream_vectors):
        write()


main()
