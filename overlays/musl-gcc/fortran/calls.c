#include <stdio.h>

extern int described(int number, char *text, int length);

int main(void) {
  char text[32];
  int used = described(42, text, sizeof text);
  printf("C has %.*s\n", used, text);
  return 0;
}
