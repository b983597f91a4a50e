/* Time zones from the system's zone files (TZif, RFC 9636): a table of the
 * instants at which the offset changed, and a rule in words for the years
 * after it. A zone is read once and kept; finding it again takes no lock. */
#include "config.h"

#include "runtime/zone.h"
#include "base/date.h"
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX ((size_t)256 << 10)
#define ZONE_NAME_MAX 64
/* Distinct zones one process may ask for; there are about 600 names. */
#define ZONES_MAX 1000
#define RULE_TEXT_MAX 64
#define DAY_SECONDS 86400

/* When a change happens each year: M month.week.day, Jn or n. */
struct yearly {
    char form; /* 'M', 'J', 'n' */
    int32_t month, week, day;
    int32_t seconds; /* wall clock before the change */
};

struct rule {
    bool known, has_summer;
    int32_t standard_s, summer_s;
    struct yearly to_summer, to_standard;
};

struct zone {
    char name[ZONE_NAME_MAX];
    int64_t *changes; /* seconds since 1970, ascending */
    int32_t *offsets; /* from that change on */
    size_t count;
    int32_t first_s; /* before the first change */
    struct rule rule; /* after the last one */
    struct zone *next;
};

/* -------------------------------------------------- the rule in words */

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
    if (c->at >= c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_number(struct cursor *c, int32_t *out)
{
    int32_t value = 0;
    const char *start = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9' &&
           c->at - start < 6)
        value = value * 10 + (*c->at++ - '0');
    *out = value;
    return c->at > start;
}

/* "CET" or "<+03>"; only its end matters. */
static bool skip_name(struct cursor *c)
{
    const char *start = c->at;
    if (take(c, '<')) {
        while (c->at < c->end && *c->at != '>')
            c->at++;
        return take(c, '>');
    }
    while (c->at < c->end && ((*c->at >= 'A' && *c->at <= 'Z') ||
                              (*c->at >= 'a' && *c->at <= 'z')))
        c->at++;
    return c->at - start >= 3;
}

/* "[+-]h[h][:mm[:ss]]" */
static bool take_clock(struct cursor *c, int32_t *seconds)
{
    bool minus = take(c, '-');
    if (!minus)
        (void)take(c, '+');
    int32_t hours, part;
    if (!take_number(c, &hours) || hours > 167)
        return false;
    *seconds = hours * 3600;
    if (take(c, ':')) {
        if (!take_number(c, &part))
            return false;
        *seconds += part * 60;
        if (take(c, ':')) {
            if (!take_number(c, &part))
                return false;
            *seconds += part;
        }
    }
    if (minus)
        *seconds = -*seconds;
    return true;
}

static bool take_yearly(struct cursor *c, struct yearly *y)
{
    if (!take(c, ','))
        return false;
    y->form = 'n';
    y->seconds = 2 * 3600;
    if (take(c, 'M')) {
        y->form = 'M';
        if (!take_number(c, &y->month) || !take(c, '.') ||
            !take_number(c, &y->week) || !take(c, '.') ||
            !take_number(c, &y->day) || y->month < 1 || y->month > 12 ||
            y->week < 1 || y->week > 5 || y->day > 6)
            return false;
    } else {
        if (take(c, 'J'))
            y->form = 'J';
        if (!take_number(c, &y->day) || y->day > 366)
            return false;
    }
    return !take(c, '/') || take_clock(c, &y->seconds);
}

/* "CET-1CEST,M3.5.0,M10.5.0/3"; the sign is west positive. */
static bool read_rule(struct text t, struct rule *r)
{
    struct cursor c = { t.ptr, t.ptr + t.len };
    if (!skip_name(&c) || !take_clock(&c, &r->standard_s))
        return false;
    r->standard_s = -r->standard_s;
    r->known = true;
    if (c.at == c.end)
        return true;
    if (!skip_name(&c))
        return false;
    r->summer_s = r->standard_s + 3600;
    if (c.at < c.end && *c.at != ',') {
        if (!take_clock(&c, &r->summer_s))
            return false;
        r->summer_s = -r->summer_s;
    }
    r->has_summer = true;
    return take_yearly(&c, &r->to_summer) && take_yearly(&c, &r->to_standard) &&
           c.at == c.end;
}

/* Day of the change in that year, days since 1970. */
static int32_t yearly_day(const struct yearly *y, int32_t year)
{
    int32_t new_year = date_from_civil((struct civil){ year, 1, 1 });
    bool leap = date_days_in_month(year, 2) == 29;
    if (y->form == 'n')
        return new_year + y->day;
    if (y->form == 'J')
        return new_year + y->day - 1 + (leap && y->day >= 60);
    int32_t first = date_from_civil((struct civil){ year, y->month, 1 });
    int32_t weekday = date_weekday(first) % 7; /* 0 Sunday */
    int32_t day = first + (y->day - weekday + 7) % 7 + (y->week - 1) * 7;
    int32_t last = first + date_days_in_month(year, y->month) - 1;
    return day > last ? day - 7 : day;
}

static int64_t yearly_instant(const struct yearly *y, int32_t year,
                              int32_t offset_before)
{
    return (int64_t)yearly_day(y, year) * DAY_SECONDS + y->seconds -
           offset_before;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int32_t rule_offset(const struct rule *r, int64_t utc_s)
{
    if (!r->has_summer)
        return r->standard_s;
    int64_t day = floor_divide(utc_s + r->standard_s, DAY_SECONDS);
    int32_t year = date_to_civil((int32_t)day).year;
    int64_t on = yearly_instant(&r->to_summer, year, r->standard_s);
    int64_t off = yearly_instant(&r->to_standard, year, r->summer_s);
    bool summer = on < off ? utc_s >= on && utc_s < off
                           : utc_s >= on || utc_s < off;
    return summer ? r->summer_s : r->standard_s;
}

/* ------------------------------------------------------------ the file */

struct header {
    uint32_t utc_count, wall_count, leap_count;
    uint32_t time_count, type_count, char_count;
};

static uint32_t read32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static int64_t read64(const unsigned char *p)
{
    return (int64_t)((uint64_t)read32(p) << 32 | read32(p + 4));
}

#define HEADER_LEN 44

static bool read_header(struct text file, size_t at, struct header *h)
{
    if (at > file.len || file.len - at < HEADER_LEN ||
        memcmp(file.ptr + at, "TZif", 4) != 0)
        return false;
    const unsigned char *p = (const unsigned char *)file.ptr + at + 20;
    *h = (struct header){ read32(p),      read32(p + 4),  read32(p + 8),
                          read32(p + 12), read32(p + 16), read32(p + 20) };
    return h->time_count < 10000 && h->type_count > 0 && h->type_count < 256 &&
           h->char_count < 10000 && h->leap_count < 1000 &&
           h->utc_count <= 256 && h->wall_count <= 256;
}

static size_t block_len(const struct header *h, size_t time_len)
{
    return h->time_count * time_len + h->time_count + h->type_count * 6 +
           h->char_count + h->leap_count * (time_len + 4) + h->wall_count +
           h->utc_count;
}

static bool read_changes(struct zone *z, const unsigned char *p,
                         const struct header *h)
{
    const unsigned char *kinds = p + h->time_count * 8;
    const unsigned char *types = kinds + h->time_count;
    z->changes = mem_alloc(h->time_count * sizeof *z->changes);
    z->offsets = mem_alloc(h->time_count * sizeof *z->offsets);
    z->count = h->time_count;
    z->first_s = (int32_t)read32(types);
    for (size_t i = 0; i < z->count; i++) {
        if (kinds[i] >= h->type_count)
            return false;
        z->changes[i] = read64(p + i * 8);
        z->offsets[i] = (int32_t)read32(types + (size_t)kinds[i] * 6);
        if (i && z->changes[i] <= z->changes[i - 1])
            return false;
    }
    return true;
}

/* The second block has 64 bits and the rule after it; version 1 files, which
 * have neither, have not been made since 2006. */
static bool read_file(struct zone *z, struct text file)
{
    struct header h;
    if (!read_header(file, 0, &h) || file.ptr[4] < '2')
        return false;
    size_t at = HEADER_LEN + block_len(&h, 4);
    if (!read_header(file, at, &h))
        return false;
    at += HEADER_LEN;
    size_t len = block_len(&h, 8);
    if (file.len - at < len)
        return false;
    if (!read_changes(z, (const unsigned char *)file.ptr + at, &h))
        return false;
    struct text rest = text_slice(file, at + len, file.len);
    size_t end;
    if (rest.len < 2 || rest.ptr[0] != '\n')
        return true;
    rest = text_slice(rest, 1, rest.len);
    if (!text_find(rest, TEXT("\n"), &end) || end > RULE_TEXT_MAX)
        return false;
    return end == 0 || read_rule(text_slice(rest, 0, end), &z->rule);
}

static bool is_zone_name(struct text name)
{
    if (name.len == 0 || name.len >= ZONE_NAME_MAX || name.ptr[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c >= '0' && c <= '9');
        if (!plain && !(c && strchr("_+-/", c)))
            return false; /* no dots: never out of the folder */
    }
    return true;
}

static bool load_file(const char *path, struct buf *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    while (good) {
        char *room = buf_room(file, 8192);
        ssize_t got = room ? read(fd, room, 8192) : -1;
        if (got <= 0) {
            good = got == 0;
            break;
        }
        buf_grown(file, (size_t)got);
    }
    close(fd);
    return good;
}

static void free_zone(struct zone *z)
{
    mem_free(z->changes);
    mem_free(z->offsets);
    mem_free(z);
}

static struct zone *load_zone(struct text name)
{
    char path[sizeof ZONE_FOLDER + ZONE_NAME_MAX];
    struct zone *z = mem_zalloc(sizeof *z);
    memcpy(z->name, name.ptr, name.len);
    memcpy(path, ZONE_FOLDER, sizeof ZONE_FOLDER);
    memcpy(path + sizeof ZONE_FOLDER - 1, z->name, name.len + 1);
    if (text_is(name, "UTC"))
        return z;
    struct buf file;
    buf_init(&file, ZONE_FILE_MAX);
    bool good = load_file(path, &file) && read_file(z, buf_view(&file));
    buf_fini(&file);
    if (good)
        return z;
    free_zone(z);
    return NULL;
}

/* ----------------------------------------------------------- the zones */

static struct zone *zones; /* only ever grows at its head */
static size_t zone_count;
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static struct zone *find_loaded(struct text name)
{
    struct zone *z = __atomic_load_n(&zones, __ATOMIC_ACQUIRE);
    while (z && !text_is(name, z->name))
        z = z->next;
    return z;
}

const struct zone *zone_find(struct text name)
{
    struct zone *z = find_loaded(name);
    if (z || !is_zone_name(name))
        return z;
    pthread_mutex_lock(&loading);
    z = find_loaded(name); /* another thread may have been faster */
    if (!z && zone_count < ZONES_MAX) {
        z = load_zone(name);
        if (z) {
            z->next = zones;
            zone_count++;
            __atomic_store_n(&zones, z, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&loading);
    return z;
}

bool zone_exists(struct text name)
{
    return zone_find(name) != NULL;
}

static int32_t offset_at(const struct zone *z, int64_t utc_s)
{
    if (z->count == 0)
        return z->rule.known ? rule_offset(&z->rule, utc_s) : z->first_s;
    if (utc_s < z->changes[0])
        return z->first_s;
    if (utc_s >= z->changes[z->count - 1] && z->rule.known)
        return rule_offset(&z->rule, utc_s);
    size_t low = 0;
    size_t high = z->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->changes[middle] <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return z->offsets[low];
}

int32_t zone_offset_s(const struct zone *z, int64_t utc_us)
{
    return offset_at(z, floor_divide(utc_us, 1000000));
}

int64_t zone_to_local(const struct zone *z, int64_t utc_us)
{
    return utc_us + (int64_t)zone_offset_s(z, utc_us) * 1000000;
}

int64_t zone_from_local(const struct zone *z, int64_t local_us)
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t before = (int64_t)zone_offset_s(z, local_us - day_us) * 1000000;
    int64_t after = (int64_t)zone_offset_s(z, local_us + day_us) * 1000000;
    int64_t first = local_us - before;
    int64_t second = local_us - after;
    bool first_holds = zone_to_local(z, first) == local_us;
    bool second_holds = zone_to_local(z, second) == local_us;
    if (first_holds && second_holds)
        return first < second ? first : second;
    return second_holds ? second : first;
}
