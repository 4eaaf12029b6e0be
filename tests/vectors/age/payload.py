"""Vectors of the payload."""
import age
from vector import (FILE_KEY, NONCE, OURS, PAYLOAD, TEXT, damaged, opens, sealed, silent_chunk,
                    vector)


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
