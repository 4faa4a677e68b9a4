// Google's libphonenumber (C++) doing the work of phone_normalize in a bare loop: no SQL, no copying of results.
//
//   libphonenumber_loop FILE REGION...
//
// reads one number a line from FILE and prints what it makes of each, empty where it finds no number. Then, for each
// line on standard input, it normalises all of them once and prints the processor time of that in nanoseconds.

#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();

bool Parse(const std::string& input, const std::string& region, PhoneNumber* number) {
  number->Clear();
  return util.Parse(input, region, number) == PhoneNumberUtil::NO_PARSING_ERROR;
}

bool HasFullLength(const PhoneNumber& number) {
  const auto is_possible = [&](PhoneNumberUtil::PhoneNumberType type) {
    return util.IsPossibleNumberForTypeWithReason(number, type) == PhoneNumberUtil::IS_POSSIBLE;
  };
  return is_possible(PhoneNumberUtil::FIXED_LINE) || is_possible(PhoneNumberUtil::MOBILE);
}

// The rule of phone_normalize: the first region that makes the number valid, else the first that makes it possible.
// (A leading 00 does not occur in the inputs of the benchmark.)
bool Read(const std::string& input, const std::vector<std::string>& regions, PhoneNumber* number) {
  if (input.find('+') != std::string::npos) return Parse(input, "ZZ", number);
  PhoneNumber candidate;
  bool possible = false;
  for (const std::string& region : regions) {
    if (!Parse(input, region, &candidate)) continue;
    const bool valid = util.IsValidNumber(candidate);
    if (valid || (!possible && !candidate.italian_leading_zero() && HasFullLength(candidate))) {
      *number = candidate;
      possible = true;
    }
    if (valid) break;
  }
  return possible;
}

void Normalize(const std::string& input, const std::vector<std::string>& regions, std::string* e164) {
  PhoneNumber number;
  e164->clear();
  if (Read(input, regions, &number) && util.IsPossibleNumber(number)) util.Format(number, PhoneNumberUtil::E164, e164);
}

int main(int argc, char** argv) {
  std::ifstream file(argv[1]);
  const std::vector<std::string> regions(argv + 2, argv + argc);
  std::vector<std::string> numbers;
  std::string line, e164;
  while (std::getline(file, line)) {
    numbers.push_back(line);
    Normalize(line, regions, &e164);
    std::cout << e164 << '\n';
  }
  std::cout.flush();
  while (std::getline(std::cin, line)) {
    timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (const std::string& number : numbers) Normalize(number, regions, &e164);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    std::cout << (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec << std::endl;
  }
}
