/* Answers that are none, and answers of another company. Numbers are those of
 * the fault list. */
#include "config.h"

#include "base/text.h"
#include "runtime/clock.h"
#include "tests/lib/badvendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------- errors inside a 200 */
static const char *inside;

static bool say_inside(struct bad_request *r, int n)
{
    (void)n;
    return vendor_reply(r, 200, inside);
}

static void test_inside(void)
{
    static const struct {
        const char *body;
        int code, most;
        const char *says;
        int fault;
    } rows[] = {
        { "{\"responseCode\":200,\"policyList\":[]}", 0, 1, "", 90 },
        { "{\"responseCode\":401,\"responseMessage\":\"Authentication error\"}",
          4, 1, "mlc auth set Expensify", 90 },
        { "{\"responseCode\":403,\"responseMessage\":\"Not allowed\"}", 75, 1,
          "Not allowed", 90 },
        { "{\"responseMessage\":\"File not found\"}", 75, 1, "File not found",
          90 },
        { "{\"responseCode\":200,\"policyList\":[", 75, 5, "no policyList",
          60 },
        { "{\"responseCode\":200}", 75, 5, "no policyList", 63 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vendor_project(
            "connection Expensify is expensify",
            "flow policies \"Policies\"\nExpensify.policy as p -> log {\n"
            "  read everything\n}\n",
            "k,n\n");
        vendor_mlc("auth set Expensify", "partner_user_id=aa-user\n"
                                         "partner_user_secret=a-secret\n");
        inside = rows[i].body;
        vendor.act = say_inside;
        vendor.writes = 0;
        is_int(vendor_mlc("run policies", ""), rows[i].code,
               "[%d] 200 and %.60s", rows[i].fault,
               *inside ? inside : "nothing");
        ok(vendor.writes >= 1 && vendor.writes <= rows[i].most, "… %d calls",
           vendor.writes);
        vendor_says(rows[i].says, "… says why");
    }
}

/* ------------------------------------------------------------ the company */
static void test_company(void)
{
    vendor_exact("k,n\nA1,One\n");
    vendor.act = vendor_accept;
    is_int(vendor_mlc("run centers", ""), 0, "a first write, in company 100");
    vendor.division = 200; /* the same user, at home in another one */
    vendor_mlc("auth set Exact", vendor_exact_secrets);
    vendor_file("rows.csv", "k,n\nA1,Uno\nA2,Two\n");
    vendor.writes = 0;
    is_int(vendor_mlc("run centers", ""), 6,
           "[97, 98] another company is not "
           "written to");
    is_int(vendor.writes, 0, "… nor asked for a record");
    vendor_says("now works in company 200 (Company 200)", "… it is named");
    vendor_says("was written to company 100 (Company 100)",
                "… the other one too");
    vendor_says("mlc auth login Exact", "… with the way back");
    is_int(vendor_mlc("plan centers", ""), 6, "[98] a plan says the same");
    is_int(vendor_mlc("run centers --state other.db", ""), 4,
           "a state of its own knows nothing of it");
    vendor.division = 100;
    vendor_mlc("auth set Exact", vendor_exact_secrets);
    is_int(vendor_mlc("run centers", ""), 0,
           "back in the right one it goes on");
}

static bool other_company(struct bad_request *r, int n)
{
    (void)n;
    if (vendor_is_write(r))
        return vendor_reply(r, 201,
                            "{\"d\":{\"__metadata\":{\"uri\":\"https://x/api/"
                            "v1/200/hrm/Costcenters(guid'1')\"},\"ID\":\"1\","
                            "\"Code\":\"A1\"}}");
    return vendor.stubborn
               ? vendor_reply(r, 200,
                              "{\"d\":{\"results\":[{\"__metadata\":{\"uri\":"
                              "\"https://x/api/v1/200/hrm/Costcenters(guid'1'"
                              ")\"},\"ID\":\"1\",\"Code\":\"A1\"}]}}")
               : vendor_reply(r, 200, "{\"d\":{\"results\":[]}}");
}

static void test_answer_of_another_company(void)
{
    vendor_exact("k,n\nA1,One\n");
    vendor.act = other_company;
    vendor_mlc("run centers", "");
    vendor_says("1 uncertain",
                "[98] a write's answer of another company is in doubt");
    vendor_mlc("audit export", "");
    vendor_says("company 200, and 100 was asked for", "… and the trail says "
                                                      "why");
    vendor_exact("k,n\nA1,One\n");
    vendor.act = other_company;
    vendor.stubborn = true;
    is_int(vendor_mlc("run centers", ""), 75, "[98] nor a read's");
    vendor.stubborn = false;
    is_int(vendor.writes, 0, "… nothing is written on the strength of it");
}

/* ---------------------------------------------------------------- sunset */
static const char *end_date;

static bool end_soon(struct bad_request *r, int n)
{
    char line[100];
    if (n)
        return vendor_accept(r, n);
    snprintf(line, sizeof line, "Sunset: %s\r\n", end_date);
    bad_reply(r, 200, line, "{\"d\":{\"results\":[]}}");
    return true;
}

static const char *http_date(int64_t ms)
{
    static char out[40];
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return out;
}

static void test_sunset(void)
{
    static const struct {
        int days, code;
        bool warned;
        const char *grade;
    } rows[] = {
        { 400, 0, false, "note   Exact will stop" },
        { 20, 1, true, "wrong  Exact will stop" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vendor_exact("k,n\nA1,One\n");
        vendor.act = end_soon;
        end_date = http_date(clock_now_ms() + rows[i].days * INT64_C(86400000));
        vendor_mlc("run centers", "");
        ok((strstr(vendor_told, "will stop answering") != NULL) ==
               rows[i].warned,
           "[96] an end %d days ahead is said at once: %d", rows[i].days,
           rows[i].warned);
        is_int(vendor_mlc("doctor", ""), rows[i].code, "[96] doctor knows");
        vendor_says(rows[i].grade, "… how urgent it is");
        vendor_says("Update mlc", "… and what to do");
    }
}

int main(void)
{
    vendor_start();
    test_inside();
    test_company();
    test_answer_of_another_company();
    test_sunset();
    vendor_stop();
    return tap_done();
}
