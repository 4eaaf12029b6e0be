#!/usr/bin/env python3
"""make.py — writes kit/: a vector for each rule of the age format, in the form of the C2SP age test
kit. Each expectation follows from the rule in its name or comment, never from what a program did
with the file. The same bytes come out each time."""
import os

import armor
import header
import payload
import recipients
import vector


def main():
    os.makedirs(vector.FOLDER, exist_ok=True)
    for name in os.listdir(vector.FOLDER):
        os.remove(os.path.join(vector.FOLDER, name))
    for module in (header, recipients, armor, payload):
        for name, write in vars(module).items():
            if name.endswith('_vectors'):
                write()


main()
