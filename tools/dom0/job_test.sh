#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# A program that is given as a file takes the place of dom0's own of that name, and nothing else's: the links in dom0's
# /usr/bin say where busybox is, and what was written along one went over busybox, once that of this machine. Here it is
# a copy, so that nothing is lost. The disk is unpacked as init does it.
set -uo pipefail

status=0
verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && status=1; fi
}

cd "$TEST_TMPDIR" || exit 1
readonly DOM0=$TEST_SRCDIR/$TEST_WORKSPACE/tools/dom0
mkdir bin job dom0
cp "$(type -P busybox)" bin/
before=$(sha256sum <bin/busybox)
printf '#!/bin/bash\necho mine\n' >vi # busybox has one
chmod 755 vi
touch job/run
PATH=$TEST_TMPDIR/bin:$PATH "$DOM0/job.sh" disk job ./vi cpio >log 2>&1
verdict $? DiskIsMade
cat log
mkdir -p dom0/usr/{bin,lib}
ln -s usr/bin usr/lib dom0
ln -s "$TEST_TMPDIR/bin/busybox" dom0/usr/bin/vi
(cd dom0 && "$TEST_TMPDIR/bin/busybox" cpio -idu) <disk 2>log
verdict $? Dom0UnpacksIt
cat log
[[ $(sha256sum <bin/busybox) == "$before" ]]
verdict $? Busybox_IsAsItWas
[[ ! -L dom0/usr/bin/vi ]] && cmp dom0/usr/bin/vi vi
verdict $? ProgramOfBusyboxsName_TakesItsPlace
[[ -L dom0/lib && -n $(find dom0/usr/lib -name 'libc.so.*') ]]
verdict $? Libraries_AreWhereDom0HasThem
[[ -f dom0/job/run && $(<dom0/job/now) -gt 1700000000 ]]
verdict $? Job_IsThere
exit $status
