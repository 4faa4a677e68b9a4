//! The sets of rules that the simulation compares.

use phone_crypt_core::sending::observed::Rules;

/// Which rules are in force.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guard {
    /// 3 in 10 minutes, 5 an hour and 10 a day to a number; 10 an hour and 30 a day from a network.
    pub counts: bool,
    /// 10 an hour and 30 a day to a block of 1,000 numbers; 30 and 100 to one of 10,000.
    pub blocks: bool,
    /// Dollars that may be spent a day.
    pub budget: Option<i64>,
    /// Unverified codes and regions of a client; what was found to be pumped.
    pub rules: Rules,
}

/// The sets of rules that are compared, by name.
pub fn guards() -> Vec<(&'static str, Guard)> {
    let counts = Guard {
        counts: true,
        ..Guard::default()
    };
    let conversion = Rules {
        conversion: true,
        regions_per_client: 3,
        blocks_suspects: false,
    };
    let suspects = Rules {
        blocks_suspects: true,
        ..Rules::default()
    };
    vec![
        ("no rule", Guard::default()),
        ("by number and network", counts),
        (
            "the same, and blocks of numbers",
            Guard {
                blocks: true,
                ..counts
            },
        ),
        (
            "a day's budget of twice an ordinary day",
            Guard {
                budget: Some(1100),
                ..Guard::default()
            },
        ),
        (
            "conversion, regions of a client",
            Guard {
                rules: conversion,
                ..Guard::default()
            },
        ),
        (
            "pumped ranges",
            Guard {
                rules: suspects,
                ..Guard::default()
            },
        ),
        ("all but the budget", all()),
    ]
}

/// All rules but the budget.
pub fn all() -> Guard {
    Guard {
        counts: true,
        blocks: true,
        budget: None,
        rules: Rules {
            conversion: true,
            regions_per_client: 3,
            blocks_suspects: true,
        },
    }
}
