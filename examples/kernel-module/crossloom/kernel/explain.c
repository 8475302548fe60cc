/*
 * Compares a kernel's configuration with what was asked for, and says why a symbol is not what it was asked to be.
 *
 * Linked with the objects of the kernel's own scripts/kconfig and called in the place of its program `conf`, so that
 * Kconfig files mean here what they mean there. CROSSLOOM_ASKED names a file of lines as in a .config,
 * CROSSLOOM_MISSED the file that is written: empty where everything is as it was asked to be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lkc.h"

/* Dependencies of dependencies are followed this far. */
#define DEPTH 4

static FILE *missed;

static void explain(struct symbol *symbol, int depth);

static const char *value_of(struct symbol *symbol)
{
    const char *value;

    sym_calc_value(symbol);
    value = sym_get_string_value(symbol);
    return value && *value ? value : "n";
}

static void indent(int depth)
{
    fprintf(missed, "%*s", 2 * (DEPTH - depth) + 2, "");
}

/* The parts of a dependency that do not hold, each by itself. */
static void unmet(struct expr *expr, int depth)
{
    struct symbol *symbol;

    if (!expr || expr_calc_value(expr) != no)
        return;
    switch (expr->type) {
    case E_AND:
        unmet(expr->left.expr, depth);
        unmet(expr->right.expr, depth);
        return;
    case E_SYMBOL:
        symbol = expr->left.sym;
        indent(depth);
        if (!symbol->name || symbol->type == S_UNKNOWN) {
            fprintf(missed, "needs %s, which this architecture does not have\n", symbol->name ? symbol->name : "?");
            return;
        }
        fprintf(missed, "needs CONFIG_%s, which is %s\n", symbol->name, value_of(symbol));
        explain(symbol, depth - 1);
        return;
    default:
        indent(depth);
        fputs("needs ", missed);
        expr_fprint(expr, missed);
        fputs("\n", missed);
        return;
    }
}

static void explain(struct symbol *symbol, int depth)
{
    struct property *range;

    if (depth == 0)
        return;
    if (symbol->dir_dep.expr && expr_calc_value(symbol->dir_dep.expr) == no) {
        unmet(symbol->dir_dep.expr, depth);
        return;
    }
    if (symbol->rev_dep.expr && expr_calc_value(symbol->rev_dep.expr) != no) {
        indent(depth);
        fputs("is selected by ", missed);
        expr_fprint(symbol->rev_dep.expr, missed);
        fputs("\n", missed);
        return;
    }
    if (sym_is_choice_value(symbol)) {
        indent(depth);
        fputs("is one of a choice: set the one of them that is wanted\n", missed);
        return;
    }
    for_all_properties(symbol, range, P_RANGE) {
        indent(depth);
        fputs("takes ", missed);
        expr_fprint(range->expr, missed);
        fputs("\n", missed);
    }
    if (symbol->visible == no) {
        indent(depth);
        if (symbol->rev_dep.expr) {
            fputs("cannot be set by itself; it is selected by ", missed);
            expr_fprint(symbol->rev_dep.expr, missed);
            fputs("\n", missed);
        } else {
            fputs("cannot be set by itself\n", missed);
        }
    }
}

static void compare(const char *name, const char *asked)
{
    struct symbol *symbol = sym_find(name);
    const char *found;

    if (!symbol || symbol->type == S_UNKNOWN) {
        if (strcmp(asked, "n") != 0)
            fprintf(missed, "error: CONFIG_%s=%s was asked for, and this kernel has no such symbol for this architecture\n",
                    name, asked);
        return;
    }
    found = value_of(symbol);
    if (symbol->type == S_STRING) {
        size_t length = strlen(asked);

        found = sym_get_string_value(symbol);
        if (length >= 2 && strlen(found) == length - 2 && strncmp(found, asked + 1, length - 2) == 0)
            return;
    } else if (symbol->type == S_HEX || symbol->type == S_INT) {
        int base = symbol->type == S_HEX ? 16 : 10;
        char *end;

        if (strtoll(found, NULL, base) == strtoll(asked, &end, base) && *end == '\0')
            return;
    } else if (strcmp(found, asked) == 0) {
        return;
    }
    fprintf(missed, "error: CONFIG_%s=%s was asked for, and it is %s\n", name, asked, found);
    explain(symbol, DEPTH);
}

int main(int argc, char **argv)
{
    const char *asked_path = getenv("CROSSLOOM_ASKED"), *missed_path = getenv("CROSSLOOM_MISSED");
    char *lines[1 << 16], *line = NULL;
    size_t size = 0, count = 0, i, j;
    FILE *asked;

    if (argc < 2 || !asked_path || !missed_path)
        return 2;
    asked = fopen(asked_path, "r");
    missed = fopen(missed_path, "w");
    if (!asked || !missed) {
        perror("conf");
        return 2;
    }
    conf_parse(argv[argc - 1]);
    if (conf_read(NULL))
        return 2;
    while (getline(&line, &size, asked) > 0) {
        char *name, *value, *text = line;

        text[strcspn(text, "\r\n")] = '\0';
        text += strspn(text, " \t");
        if (strncmp(text, "CONFIG_", 7) == 0 && (value = strchr(text, '='))) {
            *value++ = '\0';
            name = text + 7;
        } else if (*text == '#' && (value = strstr(text, " is not set"))) {
            *value = '\0';
            name = strstr(text, "CONFIG_");
            if (!name)
                continue;
            name += 7;
            value = "n";
        } else {
            continue;
        }
        if (count == sizeof(lines) / sizeof(lines[0]))
            return 2;
        lines[count] = malloc(strlen(name) + strlen(value) + 2);
        if (!lines[count])
            return 2;
        sprintf(lines[count++], "%s=%s", name, value);
    }
    for (i = 0; i < count; i++) {
        size_t length = strcspn(lines[i], "=") + 1;
        int again = 0;

        /* Where one symbol stands twice, the later line counts. */
        for (j = i + 1; j < count && !again; j++)
            again = strncmp(lines[i], lines[j], length) == 0;
        if (again)
            continue;
        lines[i][length - 1] = '\0';
        compare(lines[i], lines[i] + length);
    }
    return fclose(missed) == 0 ? 0 : 2;
}
