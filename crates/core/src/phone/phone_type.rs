//! The sorts of number that numbering plans know.

use rlibphonenumber::PhoneNumberType;

/// What sort of number one is, as far as its digits tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneType {
    /// A mobile number.
    Mobile,
    /// A fixed line.
    FixedLine,
    /// One or the other: some plans, such as that of the US, do not tell them apart.
    FixedLineOrMobile,
    /// Free for the caller.
    TollFree,
    /// Charged above the usual rate.
    PremiumRate,
    /// The cost is shared between caller and called.
    SharedCost,
    /// Voice over IP.
    Voip,
    /// Follows a person, whatever line it is routed to.
    PersonalNumber,
    /// A pager.
    Pager,
    /// A universal access number: one number for a company's many lines.
    Uan,
    /// Voicemail access.
    Voicemail,
    /// None of these; always so for a number that is not valid.
    Unknown,
}

impl PhoneType {
    /// The name in lower case, words joined by `_`.
    pub fn as_str(self) -> &'static str {
        match self {
            PhoneType::Mobile => "mobile",
            PhoneType::FixedLine => "fixed_line",
            PhoneType::FixedLineOrMobile => "fixed_line_or_mobile",
            PhoneType::TollFree => "toll_free",
            PhoneType::PremiumRate => "premium_rate",
            PhoneType::SharedCost => "shared_cost",
            PhoneType::Voip => "voip",
            PhoneType::PersonalNumber => "personal_number",
            PhoneType::Pager => "pager",
            PhoneType::Uan => "uan",
            PhoneType::Voicemail => "voicemail",
            PhoneType::Unknown => "unknown",
        }
    }
}

impl From<PhoneNumberType> for PhoneType {
    fn from(kind: PhoneNumberType) -> PhoneType {
        match kind {
            PhoneNumberType::Mobile => PhoneType::Mobile,
            PhoneNumberType::FixedLine => PhoneType::FixedLine,
            PhoneNumberType::FixedLineOrMobile => PhoneType::FixedLineOrMobile,
            PhoneNumberType::TollFree => PhoneType::TollFree,
            PhoneNumberType::PremiumRate => PhoneType::PremiumRate,
            PhoneNumberType::SharedCost => PhoneType::SharedCost,
            PhoneNumberType::VoIP => PhoneType::Voip,
            PhoneNumberType::PersonalNumber => PhoneType::PersonalNumber,
            PhoneNumberType::Pager => PhoneType::Pager,
            PhoneNumberType::UAN => PhoneType::Uan,
            PhoneNumberType::VoiceMail => PhoneType::Voicemail,
            PhoneNumberType::Unknown => PhoneType::Unknown,
        }
    }
}
