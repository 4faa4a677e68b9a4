"""Phone numbers to measure with: the same ones in every run, made from a fixed seed."""

import random

REGIONS = ("AU", "US")

# FULLWIDTH DIGIT ZERO and the nine after it, as East Asian keyboards write digits.
_FULLWIDTH = {ord("0") + value: 0xFF10 + value for value in range(10)}


class _Maker:
    """Makes parts of numbers from one stream of random choices."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def digits(self, count):
        return "".join(self.random.choices("0123456789", k=count))

    def one_of(self, choices):
        return self.random.choice(choices)

    def australian_mobile(self):
        """Three groups, without the national prefix 0."""
        return "4" + self.one_of("012345") + self.digits(1), self.digits(3), self.digits(3)

    def australian_landline(self):
        """Area code without the 0, and two groups."""
        return self.one_of("2378"), self.one_of("56789") + self.digits(3), self.digits(4)

    def american(self):
        """Area code, exchange, line."""
        area = self.one_of(("212", "305", "312", "415", "503", "617", "650", "702", "808", "919"))
        return area, self.one_of("23456789") + self.one_of("0234568") + self.digits(1), self.digits(4)


# Mostly mobiles, as in a table of customers.
_E164 = (
    lambda make: "+61" + "".join(make.australian_mobile()),
    lambda make: "+1" + "".join(make.american()),
    lambda make: "+447" + make.one_of("45789") + make.digits(8),
    lambda make: "+336" + make.digits(8),
    lambda make: "+4915" + make.one_of("127") + make.digits(8),
    lambda make: "+919" + make.digits(9),
    lambda make: "+8190" + make.one_of("123456789") + make.digits(7),
    lambda make: "+55119" + make.one_of("6789") + make.digits(7),
)

_MESSY = (
    lambda make: "0" + "".join(make.australian_mobile()),
    lambda make: "0{} {} {}".format(*make.australian_mobile()),
    lambda make: "0{}-{}-{}".format(*make.australian_mobile()),
    lambda make: "0{}{}{}".format(*make.australian_mobile()).translate(_FULLWIDTH),
    lambda make: "(0{}) {} {}".format(*make.australian_landline()),
    lambda make: "0{} {}-{}".format(*make.australian_landline()),
    lambda make: "({}) {}-{}".format(*make.american()),
    lambda make: "{}.{}.{}".format(*make.american()),
    lambda make: "1-{}-{}-{}".format(*make.american()),
    lambda make: "{} {} {} ext. 12".format(*make.american()),
)


def _numbers(spellings, count, seed):
    make = _Maker(seed)
    return [make.one_of(spellings)(make) for _ in range(count)]


def e164(count):
    """`count` numbers in E.164, of eight countries."""
    return _numbers(_E164, count, seed=1)


def messy(count):
    """`count` national numbers of the default regions, spelled in ten ways."""
    return _numbers(_MESSY, count, seed=2)
