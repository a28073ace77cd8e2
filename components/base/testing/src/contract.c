/* SPDX-License-Identifier: ISC */
#include <atman/testing/contract.h>

/* One line of the report, cut when it is full. */
struct line {
    char text[256];
    size_t size;
};

static void put_char(struct line *line, char c)
{
    if (line->size < sizeof(line->text) - 1) /* the last byte is the newline's */
        line->text[line->size++] = c;
}

static void put_text(struct line *line, const char *text)
{
    while (*text)
        put_char(line, *text++);
}

/* Any long long, the lowest included, whose magnitude only the unsigned type can hold. */
static void put_number(struct line *line, long long number)
{
    unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    char digits[20];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        put_char(line, '-');
    while (n)
        put_char(line, digits[--n]);
}

static void send(struct line *line, const struct at_contract_sink *sink)
{
    line->text[line->size++] = '\n';
    sink->write(sink->ctx, line->text, line->size);
}

static void report_failure(struct at_contract *t, const struct at_contract_failure *failure)
{
    struct line line = {.size = 0};

    if (t->failures == 1) {
        put_text(&line, "FAIL ");
        put_text(&line, t->name);
    } else {
        put_text(&line, "  and");
    }
    put_char(&line, ' ');
    put_text(&line, failure->file);
    put_char(&line, ':');
    put_number(&line, failure->line);
    put_text(&line, ": ");
    put_text(&line, failure->expression);
    if (failure->detail[0]) {
        put_text(&line, " (");
        put_text(&line, failure->detail);
        put_char(&line, ')');
    }
    send(&line, t->ctx);
}

bool at_contract_check(struct at_contract *t, bool held, const char *expression, const char *file, int line)
{
    struct at_contract_failure failure = {.file = file, .line = line, .expression = expression, .detail = ""};

    if (held)
        return true;
    t->failures++;
    t->fail(t, &failure);
    return false;
}

bool at_contract_check_equal(struct at_contract *t, long long a, long long b, const char *expression, const char *file,
                             int line)
{
    struct at_contract_failure failure = {.file = file, .line = line, .expression = expression};
    struct line values = {.size = 0};

    if (a == b)
        return true;
    put_number(&values, a);
    put_text(&values, " and ");
    put_number(&values, b);
    values.text[values.size] = '\0';
    failure.detail = values.text;
    t->failures++;
    t->fail(t, &failure);
    return false;
}

unsigned at_contract_run(const struct at_contract_case *cases, size_t count, void *env,
                         const struct at_contract_sink *sink)
{
    unsigned failed = 0;

    for (size_t i = 0; i < count; i++) {
        struct at_contract t = {.name = cases[i].name, .fail = report_failure, .ctx = sink};

        cases[i].run(&t, env);
        if (t.failures) {
            failed++;
        } else {
            struct line line = {.size = 0};

            put_text(&line, "PASS ");
            put_text(&line, t.name);
            send(&line, sink);
        }
    }
    return failed;
}
