const char *greeting_word(void);
