  // 16 bits of sign and exponent, 16 without a meaning, 64 of mantissa.
  template<>
    ieee_t<long double>
    get_ieee_repr(const long double value)
    {
      uint32_t words[3];
      static_assert(sizeof(words) == sizeof(value));
      memcpy(words, &value, sizeof(words));
      ieee_t<long double> repr;
      repr.mantissa = (uint64_t{words[1]} << 32) | words[2];
      repr.biased_exponent = (words[0] >> 16) & 0x7fff;
      repr.sign = words[0] >> 31;
      return repr;
    }

