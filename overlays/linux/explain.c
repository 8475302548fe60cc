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

static void explain(struct symbol *symbol, tristate need, int depth);

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

/* The parts of a condition that do not hold as far as is needed, each by itself. */
static void unmet(struct expr *expr, tristate need, int depth)
{
    struct symbol *symbol;

    if (!expr || expr_calc_value(expr) >= need)
        return;
    switch (expr->type) {
    case E_AND:
        unmet(expr->left.expr, need, depth);
        unmet(expr->right.expr, need, depth);
        return;
    case E_SYMBOL:
        symbol = expr->left.sym;
        if (symbol->flags & SYMBOL_CONST) {
            indent(depth);
            fputs("needs what a test of the compiler or its tools did not find\n", missed);
        } else if (!symbol->name) {
            /* A choice, which has no name to call it by. */
            explain(symbol, need, depth);
        } else if (symbol->type == S_UNKNOWN) {
            indent(depth);
            fprintf(missed, "needs %s, which this architecture does not have\n", symbol->name);
        } else {
            indent(depth);
            fprintf(missed, "needs CONFIG_%s, which is %s\n", symbol->name, value_of(symbol));
            explain(symbol, need, depth - 1);
        }
        return;
    default:
        indent(depth);
        fputs("needs ", missed);
        expr_fprint(expr, missed);
        fputs("\n", missed);
        return;
    }
}

/* What selects a symbol, of all that could. */
static void selected(struct expr *expr, int depth)
{
    if (expr_calc_value(expr) == no)
        return;
    if (expr->type == E_OR) {
        selected(expr->left.expr, depth);
        selected(expr->right.expr, depth);
        return;
    }
    indent(depth);
    fputs("is selected by ", missed);
    expr_fprint(expr, missed);
    fputs("\n", missed);
}

/* Says why a symbol is not what it was asked to be: `need` is yes or mod of what is to be on, no of what is to be off.
 */
static void explain(struct symbol *symbol, tristate need, int depth)
{
    tristate least = need == no ? mod : need, shown = no;
    struct property *property;

    if (depth == 0)
        return;
    if (need == no && symbol->rev_dep.expr && expr_calc_value(symbol->rev_dep.expr) != no) {
        selected(symbol->rev_dep.expr, depth);
        return;
    }
    if (symbol->dir_dep.expr && expr_calc_value(symbol->dir_dep.expr) < least) {
        unmet(symbol->dir_dep.expr, least, depth);
        return;
    }
    /* What is not offered cannot be set, and a prompt has conditions of its own. */
    for_all_prompts(symbol, property) {
        tristate offered = property->visible.expr ? expr_calc_value(property->visible.expr) : yes;

        if (offered > shown)
            shown = offered;
    }
    if (shown < least) {
        int prompts = 0;

        for_all_prompts(symbol, property) {
            unmet(property->visible.expr, least, depth);
            prompts++;
        }
        if (prompts == 0 && symbol->name) {
            indent(depth);
            fputs("cannot be set by itself", missed);
            if (symbol->rev_dep.expr) {
                fputs("; it is selected by ", missed);
                expr_fprint(symbol->rev_dep.expr, missed);
            }
            fputs("\n", missed);
        }
        return;
    }
    if (sym_is_choice_value(symbol)) {
        indent(depth);
        fputs("is one of a choice: set the one of them that is wanted, and no other\n", missed);
        return;
    }
    for_all_properties(symbol, property, P_RANGE) {
        indent(depth);
        fputs("takes ", missed);
        expr_fprint(property->expr, missed);
        fputs("\n", missed);
    }
}

/* What stands between the quotes, without the backslashes of what is escaped; `text` itself if there are none. */
static char *unquoted(char *text)
{
    size_t length = strlen(text);
    char *from, *to;

    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return text;
    text[length - 1] = '\0';
    for (from = to = text + 1; *from; from++) {
        if (*from == '\\' && from[1])
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text + 1;
}

static void compare(const char *name, char *asked)
{
    struct symbol *symbol = sym_find(name);
    const char *found;
    tristate need = mod;

    if (!symbol || symbol->type == S_UNKNOWN) {
        if (strcmp(asked, "n") != 0)
            fprintf(missed,
                    "error: CONFIG_%s=%s was asked for, and this kernel has no such symbol for this architecture\n",
                    name, asked);
        return;
    }
    found = value_of(symbol);
    if (symbol->type == S_STRING) {
        char *text = strdup(asked);

        if (!text)
            exit(2);
        found = sym_get_string_value(symbol);
        if (strcmp(found, unquoted(text)) == 0)
            return;
    } else if (symbol->type == S_HEX || symbol->type == S_INT) {
        char *end;

        if (symbol->type == S_HEX ? strtoull(found, NULL, 16) == strtoull(asked, &end, 16)
                                  : strtoll(found, NULL, 10) == strtoll(asked, &end, 10))
            if (*end == '\0' && end != asked)
                return;
    } else if (strcmp(found, asked) == 0) {
        return;
    } else {
        need = strcmp(asked, "n") == 0 ? no : strcmp(asked, "m") == 0 ? mod : yes;
    }
    fprintf(missed, "error: CONFIG_%s=%s was asked for, and it is %s\n", name, asked, found);
    explain(symbol, need, DEPTH);
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
        static const char off[] = " is not set";
        char *name, *value;

        /* As Kconfig itself reads them: any other comment is one, whatever it speaks of. */
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, "CONFIG_", 7) == 0 && (value = strchr(line, '='))) {
            *value++ = '\0';
            name = line + 7;
        } else if (strncmp(line, "# CONFIG_", 9) == 0) {
            name = line + 9;
            value = name + strcspn(name, " ");
            if (strcmp(value, off) != 0)
                continue;
            *value = '\0';
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
