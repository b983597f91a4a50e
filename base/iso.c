/* The lists as strings of fixed-size codes, in order, searched by halves. */
#include "config.h"

#include "base/iso.h"
#include <string.h>

/* Active codes of ISO 4217 (list one, 2025), funds and metals included; codes
 * withdrawn since 2015 stay, because ledgers still carry them. */
static const char currencies[] =
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBOVBRLBSDBTN"
    "BWPBYNBZDCADCDFCHECHFCHWCLFCLPCNYCOPCOUCRCCUCCUPCVECZKDJFDKKDOPDZDEGP"
    "ERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHRKHTGHUFIDRILSINRIQDIRR"
    "ISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKD"
    "MMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKR"
    "PLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESLLSOSSRDSSPSTNSVCSYPSZL"
    "THBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYUUYWUZSVEDVESVNDVUVWSTXAF"
    "XAGXAUXBAXBBXBCXBDXCDXCGXDRXOFXPDXPFXPTXSUXUAYERZARZMWZWGZWL";

static const char no_decimals[] = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUV"
                                  "XAFXAGXAUXBAXBBXBCXBDXDRXOFXPDXPFXPTXSUXUA";
static const char three_decimals[] = "BHDIQDJODKWDLYDOMRTND";
static const char four_decimals[] = "CLFUYW";

static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBW"
    "BYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFI"
    "FJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMIN"
    "IOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDME"
    "MFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPF"
    "PGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSV"
    "SXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYE"
    "YTZAZMZW";

static bool is_listed(const char *list, size_t bytes, struct text code)
{
    size_t low = 0;
    size_t high = bytes / code.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(list + middle * code.len, code.ptr, code.len);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

int iso_currency_decimals(struct text code)
{
    if (code.len != 3 || !is_listed(currencies, sizeof currencies - 1, code))
        return -1;
    if (is_listed(no_decimals, sizeof no_decimals - 1, code))
        return 0;
    if (is_listed(three_decimals, sizeof three_decimals - 1, code))
        return 3;
    return is_listed(four_decimals, sizeof four_decimals - 1, code) ? 4 : 2;
}

bool iso_is_country(struct text code)
{
    return code.len == 2 && is_listed(countries, sizeof countries - 1, code);
}
