#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# A program that is given as a file takes the place of dom0's own of that name, and nothing else's: the links in dom0's
# /usr/bin say where busybox is on this machine as well, and what was copied along one went over this machine's busybox.
# Here it is a copy, so that nothing is lost.
set -uo pipefail

status=0
verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && status=1; fi
}

cd "$TEST_TMPDIR" || exit 1
mkdir root bin
cp "$(type -P busybox)" bin/
PATH=$TEST_TMPDIR/bin:$PATH
printf '#!/bin/bash\necho mine\n' >vi # busybox has one
chmod 755 vi
before=$(sha256sum <bin/busybox)
"$TEST_SRCDIR/$TEST_WORKSPACE/tools/dom0/root.sh" "$TEST_TMPDIR/made" "$TEST_TMPDIR/vi" >log 2>&1
verdict $? RootIsMade
cat log
[[ $(sha256sum <bin/busybox) == "$before" ]]
verdict $? ThisMachinesBusybox_IsAsItWas
cpio -id --quiet --directory=root <made/root.cpio 'usr/bin/vi'
[[ ! -L root/usr/bin/vi ]] && cmp root/usr/bin/vi vi
verdict $? ProgramOfBusyboxsName_TakesItsPlace
exit $status
