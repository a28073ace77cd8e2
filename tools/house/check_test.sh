#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# check_test.sh ATMAN CHECK: one of the checks beside this on the checkout that ATMAN, the command, is in.
set -euo pipefail

home=$(dirname "$(readlink -f "$1")")
exec "$home/tools/house/$2.sh" "$home"
