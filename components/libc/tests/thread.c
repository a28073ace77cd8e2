/* SPDX-License-Identifier: ISC */
/* One thread more. */
#include <pthread.h>

static void *run(void *argument)
{
    return argument;
}

int main(int argc, char **argv)
{
    (void)argv;
    pthread_t thread;

    (void)argc;
    return pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, NULL);
}
