#!/usr/bin/env python3
"""Prints rows of decimal operations and their results, computed with Python's
decimal module, for tests/unit/decimal.c.  decimal_oracle.py ROWS SEED

Columns: operation, left, right or scale, rounding, result. The result is the
number, trimmed of trailing zeros, or the name of the failure."""
import random
import sys
from decimal import (ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP,
                     Context, Decimal, localcontext)

LIMIT = Decimal(10) ** 34
ROUNDINGS = [("half_away", ROUND_HALF_UP), ("half_even", ROUND_HALF_EVEN),
             ("up", ROUND_UP), ("down", ROUND_DOWN)]
EXACT = Context(prec=400, Emax=10000, Emin=-10000)


def number(rng):
    digits = rng.choice([1, 2, 3, 5, 8, 12, 17, 18, 19, 20, 26, 33, 34])
    scale = rng.choice([0, 0, 1, 2, 2, 3, 4, 6, 9, 11, 12])
    shape = rng.random()
    if shape < 0.05:
        coef = 0
    elif shape < 0.15:
        coef = 10 ** (digits - 1)
    elif shape < 0.25:
        coef = 10 ** digits - 1
    elif shape < 0.4:
        coef = 5 * 10 ** (digits - 1)
    elif shape < 0.5:
        coef = rng.choice([2, 4, 8, 16, 25, 125, 3, 7, 12, 2 ** 63, 2 ** 64])
    else:
        coef = rng.randrange(10 ** digits)
    if rng.random() < 0.4:
        coef = -coef
    return Decimal(coef).scaleb(-scale, EXACT)


def plain(d):
    if d == 0:
        return "0"
    text = format(d, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def settle(d):
    """The value as it is stored, or why it cannot be."""
    text = plain(d)
    fraction = len(text.split(".")[1]) if "." in text else 0
    digits = len(text.replace("-", "").replace(".", "").lstrip("0"))
    if digits > 34:
        return "overflow"
    if fraction > 12:
        return "scale"
    return text


def row(rng):
    op = rng.choice(["add", "sub", "mul", "div", "exact", "round", "compare"])
    a, b = number(rng), number(rng)
    if op == "compare":
        if rng.random() < 0.3:
            b = a
        return op, a, b, "-", str((a > b) - (a < b))
    if op == "round":
        scale = rng.randrange(-36, 13)
        name, mode = rng.choice(ROUNDINGS)
        with localcontext(EXACT):
            d = a.quantize(Decimal(1).scaleb(-scale), rounding=mode)
        return op, a, scale, name, settle(d)
    if op in ("div", "exact") and b == 0:
        return op, a, b, "down 2" if op == "div" else "-", "zero"
    if op == "div":
        scale = rng.randrange(-3, 13)
        name, mode = rng.choice(ROUNDINGS)
        # exact: a quotient of integers, rounded by hand
        with localcontext(EXACT):
            unit = Decimal(1).scaleb(-scale)
            sign = -1 if (a < 0) != (b < 0) else 1
            num, den = abs(a), abs(b) * unit
            whole = (num / den).to_integral_value(rounding=ROUND_DOWN)
            while whole * den > num:
                whole -= 1
            while (whole + 1) * den <= num:
                whole += 1
            rest = num - whole * den
            if rest:
                away = {"up": True, "down": False,
                        "half_away": rest * 2 >= den,
                        "half_even": rest * 2 > den or
                        (rest * 2 == den and whole % 2 == 1)}[name]
                whole += 1 if away else 0
            d = sign * whole * unit
        return op, a, b, "%s %d" % (name, scale), settle(d)
    with localcontext(EXACT):
        if op == "exact":
            num, den = abs(a), abs(b)
            scaled = num.scaleb(12) / den
            whole = scaled.to_integral_value(rounding=ROUND_DOWN)
            if whole * den != num.scaleb(12):
                return op, a, b, "-", "inexact"
            d = (a / b)
        else:
            d = {"add": a + b, "sub": a - b, "mul": a * b}[op]
    return op, a, b, "-", settle(d)


def main():
    rng = random.Random(int(sys.argv[2]))
    for _ in range(int(sys.argv[1])):
        op, a, b, mode, result = row(rng)
        b = b if isinstance(b, int) else format(b, "f")
        print("\t".join([op, format(a, "f"), str(b), mode, result]))


main()
