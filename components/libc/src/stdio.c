/* SPDX-License-Identifier: ISC */
/*
 * What stdout and stderr do with their text: the four operations that musl's FILE objects name, in the place of musl's
 * __stdio_write.c, __stdout_write.c, __stdio_seek.c and __stdio_close.c, which do it by writev, ioctl, lseek and close.
 * Both streams are the console, and a console is simpler: it takes everything, in one piece, and cannot fail.
 */

#include <string.h>

#include <atman/base/console.h>

#include "stdio_impl.h"

static void console_write(const unsigned char *text, size_t size)
{
    if (size != 0) {
        at_console_write((const char *)text, size);
    }
}

/*
 * Writes what `file` holds and then `text`, and leaves the buffer empty. stdio flushes a line as two pieces, the buffer
 * and what filled it; where the buffer has room for both they become one, because a console write costs a notification
 * of the other end.
 */
size_t __stdio_write(FILE *file, const unsigned char *text, size_t size)
{
    size_t rest = size;
    if (size <= (size_t)(file->wend - file->wpos)) {
        memcpy(file->wpos, text, size);
        file->wpos += size;
        rest = 0;
    }
    console_write(file->wbase, (size_t)(file->wpos - file->wbase));
    console_write(text, rest);
    file->wpos = file->wbase = file->buf;
    file->wend = file->buf + file->buf_size;
    return size;
}

/* stdout's first write. musl asks here whether it is a terminal, and buffers whole lines if so; the console is one. */
size_t __stdout_write(FILE *file, const unsigned char *text, size_t size) __attribute__((alias("__stdio_write")));

off_t __stdio_seek(FILE *file, off_t offset, int whence)
{
    (void)file, (void)offset, (void)whence;
    return -1; /* without errno: fflush() and exit() ask and do not look, and it would bring in a thread's state */
}

int __stdio_close(FILE *file)
{
    (void)file;
    return 0;
}
