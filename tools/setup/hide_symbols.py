"""Hides symbols that a shared library exports without meaning to: hide_symbols.py LIBRARY

The libparquet of the pyarrow wheel has OpenSSL and simdjson linked in and exports both. In one
process with the system's libcrypto or libsimdjson, calls would bind across the two versions. A
symbol whose visibility is hidden is skipped by the loader when it resolves other libraries'
references, and the library's own references to it bind locally, without a look at its name. Linkers
are less careful: they take a hidden symbol for a definition and leave the right library out. So the
symbols also lose their names: each gets the library's own name instead. No code changes.

The library is changed in place.
"""

import re
import struct
import sys

SHT_DYNAMIC = 6
SHT_DYNSYM = 11
DT_SONAME = 14
SHN_UNDEF = 0
STB_LOCAL = 0
STT_NOTYPE = 0
STT_OBJECT = 1
STT_FUNC = 2
STV_MASK = 3
STV_HIDDEN = 2

SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")  # name, type, flags, addr, offset, size, link, ...
DYNAMIC_ENTRY = struct.Struct("<QQ")  # tag, value
SYMBOL = struct.Struct("<IBBHQQ")  # name, info, other, section, value, size
SYMBOL_INFO_OFFSET = 4
SYMBOL_OTHER_OFFSET = 5

# Namespaces, as the Itanium mangling spells them, of C++ libraries linked in.
BUNDLED_CXX = re.compile(rb"8simdjson|19simdjson_fast_float")


def is_bundled(name: bytes) -> bool:
    """Parquet's own interface is C++ throughout, so every plain C name is OpenSSL's."""
    return not name.startswith(b"_Z") or BUNDLED_CXX.search(name) is not None


def soname_offset(elf: bytearray, sections: list) -> int:
    """Where the library's own name is in its string table."""
    _, _, _, _, offset, size, _, _, _, _ = next(s for s in sections if s[1] == SHT_DYNAMIC)
    for tag, value in DYNAMIC_ENTRY.iter_unpack(elf[offset : offset + size]):
        if tag == DT_SONAME:
            return value
    raise ValueError("the library has no name")


def hide_bundled(elf: bytearray) -> int:
    """Hides the bundled symbols of an ELF image and returns their number."""
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    (table_offset,) = struct.unpack_from("<Q", elf, 0x28)
    entry_size, entries = struct.unpack_from("<HH", elf, 0x3A)
    sections = [
        SECTION_HEADER.unpack_from(elf, table_offset + i * entry_size) for i in range(entries)
    ]
    dynsym = next(section for section in sections if section[1] == SHT_DYNSYM)
    _, _, _, _, offset, size, strings_index, _, _, _ = dynsym
    strings_offset = sections[strings_index][4]
    new_name = soname_offset(elf, sections)

    hidden = 0
    for symbol in range(offset, offset + size, SYMBOL.size):
        name_offset, info, other, section, _, _ = SYMBOL.unpack_from(elf, symbol)
        if section == SHN_UNDEF or info >> 4 == STB_LOCAL:
            continue
        begin = strings_offset + name_offset
        if is_bundled(bytes(elf[begin : elf.index(0, begin)])):
            struct.pack_into("<I", elf, symbol, new_name)
            # Data and functions of one name would be a mismatch that linkers warn of.
            if info & 0xF in (STT_OBJECT, STT_FUNC):
                elf[symbol + SYMBOL_INFO_OFFSET] = (info & 0xF0) | STT_NOTYPE
            elf[symbol + SYMBOL_OTHER_OFFSET] = (other & ~STV_MASK) | STV_HIDDEN
            hidden += 1
    return hidden


def main() -> None:
    library = sys.argv[1]
    with open(library, "rb") as file:
        elf = bytearray(file.read())
    if hide_bundled(elf) == 0:
        sys.exit(f"{library}: no symbol to hide; is this the library it was written for?")
    with open(library, "wb") as file:
        file.write(elf)


if __name__ == "__main__":
    main()
