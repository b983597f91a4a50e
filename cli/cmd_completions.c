/* mlc completions: bash, zsh and fish scripts from the table of commands. */
#include "config.h"

#include "cli/command.h"

#include <string.h>

static void print_words(const struct command *c, const char *before)
{
    for (const struct verb_def *v = c->verbs; v && v->name; v++)
        printf("%s%s", before, v->name);
}

static void print_options(const struct command *c, const char *before)
{
    const struct option_def *tables[4];
    command_options(c, tables);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            printf("%s--%s", before, o->name);
}

/* Words of a choice, "a|b", with blanks between. */
static void print_choice(const char *argument)
{
    for (; *argument; argument++)
        putchar(*argument == '|' ? ' ' : *argument);
}

static void bash_choices(const struct command *c)
{
    const struct option_def *tables[4];
    command_options(c, tables);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            if (o->kind == OPTION_CHOICE) {
                printf("    %s--%s) words=\"", c->name, o->name);
                print_choice(o->argument);
                puts("\" ;;");
            }
}

static void bash(void)
{
    fputs("# bash completion of mlc; made by `mlc completions bash`\n"
          "_mlc()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} "
          "prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]} words=\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"",
          stdout);
    for (const struct command *c = commands; c->name; c++)
        if (c->run)
            printf("%s ", c->name);
    fputs("--help --version\"\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "        return\n    fi\n    case \"$cmd$prev\" in\n",
          stdout);
    for (const struct command *c = commands; c->name; c++)
        if (c->run)
            bash_choices(c);
    fputs("    *)\n        case \"$cmd\" in\n", stdout);
    for (const struct command *c = commands; c->name; c++) {
        if (!c->run)
            continue;
        printf("        %s) words=\"", c->name);
        print_words(c, " ");
        print_options(c, " ");
        puts("\" ;;");
    }
    fputs("        esac ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
          "complete -o default -F _mlc mlc\n",
          stdout);
}

/* For zsh and fish: text inside '…'. */
static void quoted(const char *s)
{
    for (; *s; s++) {
        if (*s == '\'')
            fputs("'\\''", stdout);
        else if (*s == '[' || *s == ']' || *s == ':')
            putchar(' ');
        else
            putchar(*s);
    }
}

static void zsh_option(const struct option_def *o)
{
    printf(" \\\n            '%s--%s[", o->kind == OPTION_LIST ? "*" : "",
           o->name);
    quoted(o->help);
    putchar(']');
    if (o->kind == OPTION_CHOICE) {
        fputs(": :(", stdout);
        print_choice(o->argument);
        putchar(')');
    } else if (o->argument) {
        fputs(": :_files", stdout);
    }
    putchar('\'');
}

static void zsh_command(const struct command *c)
{
    const struct option_def *tables[4];
    command_options(c, tables);
    printf("        %s) _arguments", c->name);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            zsh_option(o);
    if (c->verbs) {
        fputs(" \\\n            '1: :(", stdout);
        print_words(c, " ");
        fputs(")'", stdout);
    }
    puts(" \\\n            '*: :_files' ;;");
}

static void zsh(void)
{
    fputs("#compdef mlc\n# zsh completion of mlc; made by `mlc completions "
          "zsh`\n_mlc()\n{\n    local -a commands=(\n",
          stdout);
    for (const struct command *c = commands; c->name; c++) {
        if (!c->run)
            continue;
        printf("        '%s:", c->name);
        quoted(c->summary);
        puts("'");
    }
    fputs("    )\n    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local cmd=$words[2]\n    shift words\n    (( CURRENT-- ))\n"
          "    case $cmd in\n",
          stdout);
    for (const struct command *c = commands; c->name; c++)
        if (c->run)
            zsh_command(c);
    fputs("    esac\n}\n_mlc \"$@\"\n", stdout);
}

static void fish_option(const struct command *c, const struct option_def *o)
{
    printf("complete -c mlc -n '__fish_seen_subcommand_from %s' -l %s",
           c->name, o->name);
    if (o->letter)
        printf(" -s %c", o->letter);
    if (o->kind == OPTION_CHOICE) {
        fputs(" -x -a '", stdout);
        print_choice(o->argument);
        putchar('\'');
    } else if (o->argument) {
        fputs(" -r", stdout);
    }
    fputs(" -d '", stdout);
    quoted(o->help);
    puts("'");
}

static void fish(void)
{
    puts("# fish completion of mlc; made by `mlc completions fish`");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->run)
            continue;
        printf("complete -c mlc -n __fish_use_subcommand -f -a %s -d '",
               c->name);
        quoted(c->summary);
        puts("'");
        for (const struct verb_def *v = c->verbs; v && v->name; v++) {
            printf("complete -c mlc -n '__fish_seen_subcommand_from %s' -a %s "
                   "-d '",
                   c->name, v->name);
            quoted(v->summary);
            puts("'");
        }
        const struct option_def *tables[4];
        command_options(c, tables);
        for (size_t i = 0; tables[i]; i++)
            for (const struct option_def *o = tables[i]; o->name; o++)
                fish_option(c, o);
    }
}

int cmd_completions(const struct invocation *in)
{
    const char *shell = in->args[0];
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return usage_error(in, "no completions for `%s`: bash, zsh or fish",
                           shell);
    return EXIT_FINE;
}
