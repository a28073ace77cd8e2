# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For the cases of faults_test.sh as a manual test: what the transfer without faults has.
# shellcheck disable=SC2034 # the cases use it

SIZE=100000000
