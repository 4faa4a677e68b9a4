//! Why a send may go out or not, and what else there is to say of it.

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Every rule lets it pass.
    Ok = 0,
    /// The number or the client is exempt from the rules.
    Exempt = 1,
    /// The text is no phone number.
    NotANumber = 2,
    /// The numbering plan does not assign the number.
    NotValid = 3,
    /// The policy does not send there.
    Region = 4,
    /// The policy does not send to numbers of this type.
    Type = 5,
    /// There is a budget, and no price for the number.
    NoPrice = 6,
    /// The number or the client is on the deny list of rate limits.
    Denylist = 7,
    /// Too many to the number.
    NumberLimit = 8,
    /// Too many from the client's network.
    ClientLimit = 9,
    /// Too many of the account.
    AccountLimit = 10,
    /// Too many to numbers next to this one.
    BlockLimit = 11,
    /// Too many to the region.
    RegionLimit = 12,
    /// The hour's budget is spent.
    BudgetHour = 13,
    /// The day's budget is spent.
    BudgetDay = 14,
    /// The region's budget is spent.
    BudgetRegion = 15,
    /// The limiter has no room for another key.
    LimiterFull = 16,
    /// The number must be left alone.
    Suppressed = 17,
    /// Nobody has agreed to it.
    Consent = 18,
    /// It is night where the number may be.
    QuietHours = 19,
    /// Too many codes to the region were not verified.
    ConversionRegion = 20,
    /// Too many codes that the client asked for were not verified.
    ConversionClient = 21,
    /// The client sends to too many regions.
    ClientRegions = 22,
    /// The number is in a range that looks pumped.
    Suspect = 23,
    /// An administrator has locked down sending, or what it is judged by. Nothing was looked at.
    Lockdown = 24,
    /// Too many codes to the region are under way.
    Burst = 25,
}

/// Every reason.
const REASONS: [Reason; 26] = [
    Reason::Ok,
    Reason::Exempt,
    Reason::NotANumber,
    Reason::NotValid,
    Reason::Region,
    Reason::Type,
    Reason::NoPrice,
    Reason::Denylist,
    Reason::NumberLimit,
    Reason::ClientLimit,
    Reason::AccountLimit,
    Reason::BlockLimit,
    Reason::RegionLimit,
    Reason::BudgetHour,
    Reason::BudgetDay,
    Reason::BudgetRegion,
    Reason::LimiterFull,
    Reason::Suppressed,
    Reason::Consent,
    Reason::QuietHours,
    Reason::ConversionRegion,
    Reason::ConversionClient,
    Reason::ClientRegions,
    Reason::Suspect,
    Reason::Lockdown,
    Reason::Burst,
];

impl Reason {
    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Ok => "ok",
            Reason::Exempt => "exempt",
            Reason::NotANumber => "not_a_number",
            Reason::NotValid => "not_valid",
            Reason::Region => "region",
            Reason::Type => "type",
            Reason::NoPrice => "no_price",
            Reason::Denylist => "denylist",
            Reason::NumberLimit => "number_limit",
            Reason::ClientLimit => "client_limit",
            Reason::AccountLimit => "account_limit",
            Reason::BlockLimit => "block_limit",
            Reason::RegionLimit => "region_limit",
            Reason::BudgetHour => "budget_hour",
            Reason::BudgetDay => "budget_day",
            Reason::BudgetRegion => "budget_region",
            Reason::LimiterFull => "limiter_full",
            Reason::Suppressed => "suppressed",
            Reason::Consent => "consent",
            Reason::QuietHours => "quiet_hours",
            Reason::ConversionRegion => "conversion_region",
            Reason::ConversionClient => "conversion_client",
            Reason::ClientRegions => "client_regions",
            Reason::Suspect => "suspect",
            Reason::Lockdown => "lockdown",
            Reason::Burst => "burst_region",
        }
    }

    /// The number that stands for it in shared memory.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The reason with this number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Reason> {
        REASONS.into_iter().find(|it| it.number() == number)
    }

    /// Whether a send for this reason goes out.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        matches!(self, Reason::Ok | Reason::Exempt)
    }
}

/// What is worth knowing although the send goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Warning {
    /// The warning share of the hour's budget is spent.
    NearBudgetHour = 0,
    /// That of the day's.
    NearBudgetDay = 1,
    /// That of the region's.
    NearBudgetRegion = 2,
    /// The number is in a range that looks pumped.
    Suspect = 3,
}

const WARNINGS: [Warning; 4] = [
    Warning::NearBudgetHour,
    Warning::NearBudgetDay,
    Warning::NearBudgetRegion,
    Warning::Suspect,
];

impl Warning {
    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Warning::NearBudgetHour => "near_budget_hour",
            Warning::NearBudgetDay => "near_budget_day",
            Warning::NearBudgetRegion => "near_budget_region",
            Warning::Suspect => "suspect",
        }
    }
}

/// Some warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warnings(u32);

impl Warnings {
    /// Those that a number of [`Warnings::bits`] stands for.
    #[must_use]
    pub fn of_bits(bits: u32) -> Warnings {
        Warnings(bits)
    }

    /// As a number.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// One more.
    pub fn add(&mut self, warning: Warning) {
        self.0 |= 1 << warning as u8;
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        WARNINGS
            .into_iter()
            .filter(move |it| self.0 >> *it as u8 & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{REASONS, Reason, WARNINGS, Warning, Warnings};

    #[test]
    fn every_reason_has_a_number_and_a_name() {
        for (index, reason) in REASONS.into_iter().enumerate() {
            assert_eq!(usize::from(reason.number()), index);
            assert_eq!(Reason::of_number(reason.number()), Some(reason));
        }
        assert_eq!(Reason::of_number(REASONS.len() as u8), None);
        let mut names: Vec<&str> = REASONS.iter().map(|it| it.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REASONS.len());
    }

    #[test]
    fn warnings_are_kept_apart() {
        let mut some = Warnings::default();
        assert_eq!(some.iter().count(), 0);
        some.add(Warning::NearBudgetDay);
        some.add(Warning::NearBudgetDay);
        assert_eq!(some.iter().collect::<Vec<_>>(), [Warning::NearBudgetDay]);
        let all = Warnings::of_bits(u32::MAX);
        assert_eq!(all.iter().collect::<Vec<_>>(), WARNINGS);
        assert_eq!(Warnings::of_bits(some.bits()), some);
    }
}
