/*
 * Compares a kernel's configuration with what was asked for, and says why a symbol is not what it was asked to be.
 *
 * Linked with the objects of the kernel's own scripts/kconfig and called in the place of its program `conf`, so that
 * Kconfig files mean here what they mean there. CROSSLOOM_ASKED names a file of lines as in a .config,
 * CROSSLOOM_MISSED the file that is written: empty where everything is as it was asked to be. CROSSLOOM_GIVEN names another
 * file of such lines, of which settings may be lost; CROSSLOOM_DROPPED gets a line for each that is, without a reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lkc.h"

/* Dependencies of dependencies are followed this far. */
#define DEPTH 4

static FILE *missed, *dropped;

static void explain(struct symbol *symbol, tristate need, int depth);

static const char *value_of(struct symbol *symbol)
{
    const char *value;

    sym_calc_value(symbol);
    /* Newer kernels take a number that no configuration holds for 0. */
    if ((symbol->type == S_HEX || symbol->type == S_INT) && !(symbol->flags & SYMBOL_WRITE))
        return "n";
    value = sym_get_string_value(symbol);
    return value && *value ? value : "n";
}

static void indent(int depth)
{
    fprintf(missed, "%*s", 2 * (DEPTH - depth) + 2, "");
}

/* Whether a symbol holds the version of a program, as Kconfig files find it out: PAHOLE_VERSION, GCC_VERSION. */
static int is_version(struct symbol *symbol)
{
    static const char end[] = "_VERSION";
    struct property *property;
    size_t length = symbol && symbol->name ? strlen(symbol->name) : 0;

    if (length < sizeof(end) || strcmp(symbol->name + length - (sizeof(end) - 1), end) != 0)
        return 0;
    for_all_prompts(symbol, property)
        return 0;
    return 1;
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
    case E_EQUAL:
    case E_GEQ:
    case E_GTH:
    case E_LEQ:
    case E_LTH:
    case E_UNEQUAL:
        indent(depth);
        fputs("needs ", missed);
        expr_fprint(expr, missed);
        if (is_version(expr->left.sym) || is_version(expr->right.sym))
            fputs(": a program, or a version of it, that this build does not have", missed);
        fputs("\n", missed);
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

/* A symbol without a value has no number, not even 0. */
static int same_number(enum symbol_type type, const char *one, const char *other)
{
    unsigned long long numbers[2];
    const char *texts[2] = {one, other};
    char *end;
    int i;

    for (i = 0; i < 2; i++) {
        numbers[i] = type == S_HEX ? strtoull(texts[i], &end, 16) : (unsigned long long)strtoll(texts[i], &end, 10);
        if (end == texts[i] || *end != '\0')
            return 0;
    }
    return numbers[0] == numbers[1];
}

/* Whether a symbol has the value that was asked for. */
static int is_granted(struct symbol *symbol, const char *asked)
{
    char *text;
    int same;

    switch (symbol->type) {
    case S_STRING:
        text = strdup(asked);
        if (!text)
            exit(2);
        sym_calc_value(symbol);
        same = strcmp(sym_get_string_value(symbol), unquoted(text)) == 0;
        free(text);
        return same;
    case S_HEX:
    case S_INT:
        return same_number(symbol->type, value_of(symbol), asked);
    default:
        return strcmp(value_of(symbol), asked) == 0;
    }
}

/* What a symbol is, for people. */
static const char *shown(struct symbol *symbol)
{
    return symbol->type == S_STRING ? sym_get_string_value(symbol) : value_of(symbol);
}

/* One symbol that was asked for: an error, and its reasons, where it is something else. */
static void compare_asked(const char *name, const char *value)
{
    struct symbol *symbol = sym_find(name);
    tristate need = mod;

    if (!symbol || symbol->type == S_UNKNOWN) {
        if (strcmp(value, "n") != 0)
            fprintf(missed,
                    "error: CONFIG_%s=%s was asked for, and this kernel has no such symbol for this architecture\n",
                    name, value);
        return;
    }
    if (is_granted(symbol, value))
        return;
    if (symbol->type == S_BOOLEAN || symbol->type == S_TRISTATE)
        need = strcmp(value, "n") == 0 ? no : strcmp(value, "m") == 0 ? mod : yes;
    fprintf(missed, "error: CONFIG_%s=%s was asked for, and it is %s\n", name, value, shown(symbol));
    explain(symbol, need, DEPTH);
}

/* What compare_given() tells of: symbols that this kernel does not have, or those that it has. */
static int unknown;

/* One symbol of a whole configuration. Without a prompt it was a result of others, and nobody set it. */
static void compare_given(const char *name, const char *value)
{
    struct symbol *symbol = sym_find(name);
    struct property *property;

    if (!symbol || symbol->type == S_UNKNOWN) {
        if (unknown && strcmp(value, "n") != 0)
            fprintf(dropped, "CONFIG_%s=%s: this kernel has no such symbol for this architecture\n", name, value);
        return;
    }
    if (unknown || is_granted(symbol, value))
        return;
    for_all_prompts(symbol, property) {
        fprintf(dropped, "CONFIG_%s=%s: it is %s\n", name, value, shown(symbol));
        return;
    }
}

/* Calls `each` for every symbol that a file of settings names, with the last value that it has there. */
static int for_settings(const char *path, void (*each)(const char *name, const char *value))
{
    static char *lines[1 << 16];
    char *line = NULL;
    size_t size = 0, count = 0, i, j;
    FILE *file = fopen(path, "r");

    if (!file) {
        perror(path);
        return 2;
    }
    while (getline(&line, &size, file) > 0) {
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
    fclose(file);
    for (i = 0; i < count; i++) {
        size_t length = strcspn(lines[i], "=") + 1;
        int again = 0;

        /* Where one symbol stands twice, the later line counts. */
        for (j = i + 1; j < count && !again; j++)
            again = strncmp(lines[i], lines[j], length) == 0;
        if (again)
            continue;
        lines[i][length - 1] = '\0';
        each(lines[i], lines[i] + length);
    }
    return 0;
}

/* The file of an environment's variable, to be written. */
static FILE *opened(const char *variable)
{
    const char *path = getenv(variable);
    FILE *file = path ? fopen(path, "w") : NULL;

    if (!file) {
        perror(variable);
        exit(2);
    }
    return file;
}

int main(int argc, char **argv)
{
    const char *asked_path = getenv("CROSSLOOM_ASKED"), *given_path = getenv("CROSSLOOM_GIVEN");

    if (argc < 2 || !asked_path || !given_path)
        return 2;
    missed = opened("CROSSLOOM_MISSED");
    dropped = opened("CROSSLOOM_DROPPED");
    conf_parse(argv[argc - 1]);
    if (conf_read(NULL) || for_settings(asked_path, compare_asked))
        return 2;
    for (unknown = 0; unknown < 2; unknown++)
        if (for_settings(given_path, compare_given))
            return 2;
    return fclose(missed) == 0 && fclose(dropped) == 0 ? 0 : 2;
}
