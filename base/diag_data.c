/* Messages for machines: JSON of our own, SARIF 2.1.0 and the annotations of
 * GitHub. Lines and columns are 1-based, columns in code points, ends
 * exclusive. The JSON has a version; fields are only ever added to it. */
#include "config.h"

#include "base/diag_print.h"
#include "base/map.h"
#include <string.h>
#include <unistd.h>

#define JSON_VERSION 1
/* A path of this system. */
#define PATH_SIZE 4096

static void add_string(struct buf *b, const char *string)
{
    buf_json_string(b, text_of(string ? string : ""));
}

struct region {
    struct place start, end;
};

static struct region region_of(const struct sources *s, struct span span)
{
    return (struct region){ sources_place(s, span.source, span.start),
                            sources_place(s, span.source, span.end) };
}

/* -------------------------------------------------------- JSON of ours */

/* `"path":…,"line":…` and so on, without braces; nothing for nowhere. */
static void add_place(struct buf *b, const struct sources *s, struct span span)
{
    const struct source *src = sources_get(s, span.source);
    if (!src) {
        buf_str(b, "\"path\":null");
        return;
    }
    struct region r = region_of(s, span);
    buf_str(b, "\"path\":");
    add_string(b, src->path);
    buf_printf(b,
               ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u,"
               "\"start\":%u,\"end\":%u",
               r.start.line, r.start.column, r.end.line, r.end.column,
               span.start, span.end);
}

static void add_labels(struct buf *b, const struct diags *d,
                       const struct diag *m)
{
    buf_str(b, ",\"labels\":[");
    for (const struct diag_label *l = m->labels; l; l = l->next) {
        buf_byte(b, '{');
        add_place(b, d->sources, l->span);
        buf_str(b, ",\"text\":");
        add_string(b, l->text);
        buf_str(b, l->next ? "}," : "}");
    }
    buf_str(b, "]");
}

static void add_notes(struct buf *b, const struct diag *m)
{
    buf_str(b, ",\"notes\":[");
    for (const struct diag_note *n = m->notes; n; n = n->next) {
        add_string(b, n->text);
        if (n->next)
            buf_byte(b, ',');
    }
    buf_str(b, "]");
}

static void add_fix(struct buf *b, const struct diags *d,
                    const struct diag_fix *f)
{
    buf_printf(b, "{\"certainty\":\"%s\",\"title\":",
               f->certainty == FIX_SURE ? "sure" : "choice");
    add_string(b, f->title);
    buf_str(b, ",\"edits\":[");
    for (const struct diag_edit *e = f->edits; e; e = e->next) {
        buf_byte(b, '{');
        add_place(b, d->sources, e->span);
        buf_str(b, ",\"replacement\":");
        add_string(b, e->replacement);
        buf_str(b, e->next ? "}," : "}");
    }
    buf_str(b, "]}");
}

static void add_message(struct buf *b, const struct diags *d,
                        const struct diag *m)
{
    buf_printf(b, "{\"level\":\"%s\",\"code\":", diag_level_word(m->level));
    add_string(b, m->code);
    buf_str(b, ",\"headline\":");
    add_string(b, m->headline);
    buf_byte(b, ',');
    add_place(b, d->sources, m->span);
    buf_str(b, ",\"label\":");
    if (m->label)
        add_string(b, m->label);
    else
        buf_str(b, "null");
    add_labels(b, d, m);
    add_notes(b, m);
    buf_str(b, ",\"fixes\":[");
    for (const struct diag_fix *f = m->fixes; f; f = f->next) {
        add_fix(b, d, f);
        if (f->next)
            buf_byte(b, ',');
    }
    buf_str(b, "]}");
}

void diag_print_json(const struct diags *d, struct buf *b)
{
    buf_printf(b, "{\"version\":%d,\"errors\":%zu,\"warnings\":%zu,"
                  "\"notes\":%zu,\"messages\":[",
               JSON_VERSION, d->error_count, d->warning_count, d->note_count);
    for (const struct diag *m = d->first; m; m = m->next) {
        buf_byte(b, '\n');
        add_message(b, d, m);
        if (m->next)
            buf_byte(b, ',');
    }
    buf_str(b, d->first ? "\n]}\n" : "]}\n");
}

/* --------------------------------------------------------------- SARIF */

struct sarif {
    struct buf *b;
    const struct diags *d;
    const char *(*titles)(const char *code);
    struct map rules;       /* code → its place in `rules`, plus one */
    struct map occurrences; /* fingerprint → how often so far */
    struct arena arena;
    char folder[PATH_SIZE]; /* the current one, with a slash at its end */
};

static bool is_plain_in_uri(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

static void add_uri(struct buf *b, const char *path)
{
    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (is_plain_in_uri(c))
            buf_byte(b, *p);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* Relative to the current folder wherever it can be; so the report of one
 * machine means the same on another. */
static void add_artifact(struct sarif *s, const struct source *src)
{
    const char *path = src->path;
    size_t folder = strlen(s->folder);
    if (folder && strncmp(path, s->folder, folder) == 0)
        path += folder;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    buf_str(s->b, "\"artifactLocation\":{\"uri\":\"");
    if (path[0] == '/')
        buf_str(s->b, "file://");
    add_uri(s->b, path);
    buf_byte(s->b, '"');
    if (path[0] != '/')
        buf_str(s->b, ",\"uriBaseId\":\"%SRCROOT%\"");
    buf_byte(s->b, '}');
}

static void add_region(struct sarif *s, const char *name, struct span span)
{
    struct region r = region_of(s->d->sources, span);
    buf_printf(s->b,
               "\"%s\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,"
               "\"endColumn\":%u}",
               name, r.start.line, r.start.column, r.end.line, r.end.column);
}

static void add_physical(struct sarif *s, struct span span)
{
    buf_str(s->b, "\"physicalLocation\":{");
    add_artifact(s, sources_get(s->d->sources, span.source));
    buf_byte(s->b, ',');
    add_region(s, "region", span);
    buf_byte(s->b, '}');
}

static void add_rules(struct sarif *s)
{
    size_t count = 0;
    buf_str(s->b, "\"rules\":[");
    for (const struct diag *m = s->d->first; m; m = m->next) {
        if (!m->code || map_has(&s->rules, text_of(m->code)))
            continue;
        size_t *number = arena_alloc(&s->arena, sizeof *number);
        *number = count;
        map_put(&s->rules, text_of(m->code), number);
        buf_str(s->b, count++ ? ",\n{\"id\":" : "\n{\"id\":");
        add_string(s->b, m->code);
        const char *title = s->titles ? s->titles(m->code) : NULL;
        if (title) {
            buf_str(s->b, ",\"shortDescription\":{\"text\":");
            add_string(s->b, title);
            buf_byte(s->b, '}');
        }
        buf_str(s->b, ",\"help\":{\"text\":");
        add_string(s->b, arena_printf(&s->arena, "mlc explain %s", m->code));
        buf_str(s->b, "}}");
    }
    buf_str(s->b, "]");
}

/* The same mistake on the same line keeps its fingerprint when lines above it
 * come and go; several equal ones are numbered. */
static void add_fingerprint(struct sarif *s, const struct diag *m)
{
    struct place at =
        sources_place(s->d->sources, m->span.source, m->span.start);
    struct text line =
        text_trim(sources_line(s->d->sources, m->span.source, at.line));
    uint64_t hash = text_hash(line, 0);
    hash = text_hash(text_of(m->code ? m->code : m->headline), hash);
    const char *print =
        arena_printf(&s->arena, "%016llx", (unsigned long long)hash);
    size_t *seen = map_get(&s->occurrences, text_of(print));
    if (!seen) {
        seen = arena_zalloc(&s->arena, sizeof *seen);
        map_put(&s->occurrences, text_of(print), seen);
    }
    ++*seen;
    buf_printf(s->b,
               ",\"partialFingerprints\":{\"primaryLocationLineHash\":"
               "\"%s:%zu\"}",
               print, *seen);
}

static void add_related(struct sarif *s, const struct diag *m)
{
    bool any = false;
    for (const struct diag_label *l = m->labels; l; l = l->next) {
        if (!sources_get(s->d->sources, l->span.source))
            continue;
        buf_str(s->b, any ? ",{" : ",\"relatedLocations\":[{");
        any = true;
        add_physical(s, l->span);
        buf_str(s->b, ",\"message\":{\"text\":");
        add_string(s->b, l->text);
        buf_str(s->b, "}}");
    }
    if (any)
        buf_byte(s->b, ']');
}

static void add_replacements(struct sarif *s, const struct diag_fix *f,
                             uint32_t source)
{
    buf_byte(s->b, '{');
    add_artifact(s, sources_get(s->d->sources, source));
    buf_str(s->b, ",\"replacements\":[");
    bool any = false;
    for (const struct diag_edit *e = f->edits; e; e = e->next) {
        if (e->span.source != source)
            continue;
        buf_str(s->b, any ? ",{" : "{");
        any = true;
        add_region(s, "deletedRegion", e->span);
        buf_str(s->b, ",\"insertedContent\":{\"text\":");
        add_string(s->b, e->replacement);
        buf_str(s->b, "}}");
    }
    buf_str(s->b, "]}");
}

static bool seen_in(const struct diag_fix *f, const struct diag_edit *edit)
{
    for (const struct diag_edit *e = f->edits; e != edit; e = e->next) {
        if (e->span.source == edit->span.source)
            return true;
    }
    return false;
}

static void add_sarif_fixes(struct sarif *s, const struct diag *m)
{
    bool any = false;
    for (const struct diag_fix *f = m->fixes; f; f = f->next) {
        if (!f->edits || !sources_get(s->d->sources, f->edits->span.source))
            continue;
        buf_str(s->b, any ? ",{" : ",\"fixes\":[{");
        any = true;
        buf_str(s->b, "\"description\":{\"text\":");
        add_string(s->b, f->title);
        buf_str(s->b, "},\"artifactChanges\":[");
        for (const struct diag_edit *e = f->edits; e; e = e->next) {
            if (seen_in(f, e) || !sources_get(s->d->sources, e->span.source))
                continue;
            if (e != f->edits)
                buf_byte(s->b, ',');
            add_replacements(s, f, e->span.source);
        }
        buf_str(s->b, "]}");
    }
    if (any)
        buf_byte(s->b, ']');
}

static void add_said(struct sarif *s, const struct diag *m)
{
    struct buf said;
    buf_init(&said, 0);
    buf_str(&said, m->headline);
    if (m->label)
        buf_printf(&said, "\n%s", m->label);
    for (const struct diag_note *n = m->notes; n; n = n->next)
        buf_printf(&said, "\n%s", n->text);
    buf_str(s->b, "\"message\":{\"text\":");
    buf_json_string(s->b, buf_view(&said));
    buf_byte(s->b, '}');
    buf_fini(&said);
}

static void add_result(struct sarif *s, const struct diag *m)
{
    buf_str(s->b, "{");
    if (m->code) {
        const size_t *number = map_get(&s->rules, text_of(m->code));
        buf_str(s->b, "\"ruleId\":");
        add_string(s->b, m->code);
        buf_printf(s->b, ",\"ruleIndex\":%zu,", *number);
    }
    buf_printf(s->b, "\"level\":\"%s\",", diag_level_word(m->level));
    add_said(s, m);
    if (sources_get(s->d->sources, m->span.source)) {
        buf_str(s->b, ",\"locations\":[{");
        add_physical(s, m->span);
        buf_str(s->b, "}]");
        add_fingerprint(s, m);
    }
    add_related(s, m);
    add_sarif_fixes(s, m);
    buf_str(s->b, "}");
}

static void find_folder(struct sarif *s)
{
    if (!getcwd(s->folder, sizeof s->folder - 1)) {
        s->folder[0] = '\0';
        return;
    }
    size_t len = strlen(s->folder);
    if (len && s->folder[len - 1] != '/')
        memcpy(s->folder + len, "/", 2);
}

void diag_print_sarif(const struct diags *d,
                      const char *(*titles)(const char *code), struct buf *b)
{
    struct sarif s = { .b = b, .d = d, .titles = titles };
    map_init(&s.rules);
    map_init(&s.occurrences);
    arena_init(&s.arena);
    find_folder(&s);
    buf_str(b, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
               "\"version\":\"2.1.0\",\"runs\":[{\n\"tool\":{\"driver\":{"
               "\"name\":\"mlc\",\"version\":\"" PACKAGE_VERSION "\",");
    add_rules(&s);
    buf_str(b, "}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":[");
    for (const struct diag *m = d->first; m; m = m->next) {
        buf_byte(b, '\n');
        add_result(&s, m);
        if (m->next)
            buf_byte(b, ',');
    }
    buf_str(b, "]}]}\n");
    map_fini(&s.rules);
    map_fini(&s.occurrences);
    arena_fini(&s.arena);
}

/* -------------------------------------------------------------- GitHub */

static void add_github(struct buf *b, const char *string, bool property)
{
    for (const char *p = string; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '%' || c < 0x20 || (property && (c == ':' || c == ',')))
            buf_printf(b, "%%%02X", c);
        else
            buf_byte(b, *p);
    }
}

static void add_github_place(struct buf *b, const struct diags *d,
                             const struct diag *m)
{
    struct region r = region_of(d->sources, m->span);
    buf_str(b, " file=");
    add_github(b, sources_get(d->sources, m->span.source)->path, true);
    buf_printf(b, ",line=%u,endLine=%u", r.start.line, r.end.line);
    if (r.start.line == r.end.line)
        buf_printf(b, ",col=%u,endColumn=%u", r.start.column, r.end.column);
}

void diag_print_github(const struct diags *d, struct buf *b)
{
    for (const struct diag *m = d->first; m; m = m->next) {
        bool placed = sources_get(d->sources, m->span.source) != NULL;
        buf_printf(b, "::%s",
                   m->level == DIAG_NOTE ? "notice" : diag_level_word(m->level));
        if (placed)
            add_github_place(b, d, m);
        if (m->code)
            buf_printf(b, "%stitle=%s", placed ? "," : " ", m->code);
        buf_str(b, "::");
        add_github(b, m->headline, false);
        if (m->label) {
            buf_str(b, "%0A");
            add_github(b, m->label, false);
        }
        for (const struct diag_note *n = m->notes; n; n = n->next) {
            buf_str(b, "%0A");
            add_github(b, n->text, false);
        }
        buf_byte(b, '\n');
    }
}
