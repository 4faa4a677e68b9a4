//! Phone numbers: parsing, normalisation to E.164, masking.
