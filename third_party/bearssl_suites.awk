# SPDX-License-Identifier: ISC
#
# bearssl_suites.awk: BearSSL's server handshake (src/ssl/ssl_hs_server.c) with its table of cipher suites in another
# order. The handshake's interpreter walks that table from its beginning twenty times a connection, 600 instructions a
# step, and the suites that //components/tls speaks stand near its end. This moves them to the front, by preference.
#
# The table is `t0_datablock`: a byte of zero, four bytes for each suite of which the first two are its number, and two
# of zero. Says so and fails if it is anything else.
BEGIN {
    count = split("0xC02B 0xC02F 0xCCA9 0xCCA8 0xC02C 0xC030", preferred, " ")
}

function broken(what) {
    print "bearssl_suites.awk: " what > "/dev/stderr"
    failed = 1
    exit 1
}

function write_table(    bytes, size, rows, row, i, number) {
    size = split(table, bytes, ",")
    if (size % 4 != 3 || bytes[1] != "0x00" || bytes[size - 1] != "0x00" || bytes[size] != "0x00")
        broken("that is not BearSSL 0.6's table of suites")
    for (i = 2; i < size - 1; i += 4) {
        number = bytes[i] substr(bytes[i + 1], 3)
        rows[number] = "\t" bytes[i] ", " bytes[i + 1] ", " bytes[i + 2] ", " bytes[i + 3] ","
        order[++row] = number
    }
    print "\t0x00,"
    for (i = 1; i <= count; i++) {
        if (!(preferred[i] in rows))
            broken("BearSSL does not know suite " preferred[i])
        print rows[preferred[i]]
        delete rows[preferred[i]]
    }
    for (i = 1; i <= row; i++)
        if (order[i] in rows)
            print rows[order[i]]
    print "\t0x00, 0x00"
    written = 1
}

inside && /^};/ {
    inside = 0
    write_table()
}
inside {
    gsub(/[ \t]/, "")
    table = table $0
    next
}
{ print }
/^static const unsigned char t0_datablock\[\] = \{/ { inside = 1 }

END {
    if (!written && !failed)
        broken("no table of suites was found")
}
