# SPDX-License-Identifier: ISC
#
# boringssl_sections.awk: an assembly file of BoringSSL with each function in a section of its own, as gcc's
# -ffunction-sections does with C, so that a kernel links the functions it calls. What is no function stays in .text.
# Functions named in the variable `export`, which upstream's dispatcher of the same file chooses from, become global.
BEGIN {
    split(export, names, " ")
    for (i in names)
        exported[names[i]] = 1
}

/^\.type\t[_a-z0-9]+,@function/ {
    name = $2
    sub(/,@function.*/, "", name)
    print ".section\t.text." name ",\"ax\",@progbits"
    if (name in exported)
        print ".globl\t" name "\n.hidden " name
    delete exported[name]
    functions++
    outside = 0
}
outside && !/^\.size\t/ {
    print ".text"
    outside = 0
}
{ print }
/^\.size\t/ { outside = 1 }

END {
    for (name in exported)
        functions = 0
    if (!functions) {
        print "boringssl_sections.awk: not every function was found" > "/dev/stderr"
        exit 1
    }
}
