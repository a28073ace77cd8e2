/* SPDX-License-Identifier: ISC */
#include "cases.h"

int main(void)
{
    socket_cases();
    return 0;
}
