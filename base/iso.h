/* Lists of codes the trade uses: currencies (ISO 4217), countries (ISO
 * 3166-1). */
#ifndef MLC_BASE_ISO_H
#define MLC_BASE_ISO_H

#include "base/text.h"

/* Decimals of a currency's smallest unit, or -1 when there is no such
 * currency. Three capital letters. */
int iso_currency_decimals(struct text code);
/* Two capital letters, officially assigned. */
bool iso_is_country(struct text code);

#endif
