//! The regions of the simulation, with their traffic, numbers and prices; and what is drawn at random.

/// A region: its share of ordinary traffic in 10,000, the first digits of its mobile numbers, their whole length, and the price
/// of a message in ten-thousandths of a dollar.
pub struct Place {
    pub code: &'static str,
    pub share: u64,
    pub mobile: &'static str,
    pub length: usize,
    pub price: i64,
}

const fn place(
    code: &'static str,
    share: u64,
    mobile: &'static str,
    length: usize,
    price: i64,
) -> Place {
    Place {
        code,
        share,
        mobile,
        length,
        price,
    }
}

/// Where ordinary traffic goes.
pub const PLACES: [Place; 30] = [
    place("AU", 5000, "614", 11, 500),
    place("US", 1900, "1212", 11, 80),
    place("GB", 900, "447", 12, 450),
    place("NZ", 700, "6421", 11, 1000),
    place("IN", 400, "919", 12, 830),
    place("SG", 200, "659", 10, 450),
    place("CA", 150, "1416", 11, 80),
    place("IE", 100, "35387", 12, 750),
    place("DE", 80, "4917", 13, 1000),
    place("FR", 70, "336", 11, 750),
    place("ID", 60, "6281", 12, 3500),
    place("PH", 50, "639", 12, 2000),
    place("LK", 45, "947", 11, 2500),
    place("UZ", 40, "9989", 12, 2500),
    place("MY", 35, "601", 11, 900),
    place("HK", 30, "8529", 11, 650),
    place("JP", 28, "8190", 12, 750),
    place("ZA", 26, "278", 11, 950),
    place("NL", 24, "316", 11, 1000),
    place("IT", 22, "393", 12, 850),
    place("ES", 20, "346", 11, 700),
    place("TH", 18, "668", 11, 280),
    place("VN", 17, "849", 11, 1300),
    place("FJ", 16, "6799", 10, 2200),
    place("PK", 15, "923", 12, 2300),
    place("BD", 14, "8801", 13, 2800),
    place("NP", 12, "97798", 13, 1900),
    place("KE", 10, "2547", 12, 1500),
    place("NG", 9, "23480", 13, 2800),
    place("AE", 9, "9715", 12, 1000),
];

/// Where attacks go.
pub const PUMPED: &str = "UZ";

/// A sequence of numbers that looks random and is always the same.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn number(&mut self, place: &Place) -> String {
        let rest = place.length - place.mobile.len();
        let number = self.below(10_u64.pow(rest as u32));
        format!("{}{number:0rest$}", place.mobile)
    }

    pub fn place(&mut self) -> usize {
        let all: u64 = PLACES.iter().map(|it| it.share).sum();
        let mut at = self.below(all);
        PLACES
            .iter()
            .position(|it| {
                let is_here = at < it.share;
                at = at.saturating_sub(it.share);
                is_here
            })
            .unwrap_or(0)
    }
}
