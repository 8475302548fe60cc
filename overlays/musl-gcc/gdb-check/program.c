// What the check of GDB debugs.
#include <pthread.h>
#include <stdio.h>

struct point {
  int x;
  double y;
  char name[7];
};

static int move(struct point *point, int by) {
  point->x += by;
  return point->x;
}

static void *second(void *point) {
  move(point, 2);
  return NULL;
}

int main(void) {
  struct point point = {40, 0.5, "corner"};
  pthread_t thread;
  if (pthread_create(&thread, NULL, second, &point) != 0 || pthread_join(thread, NULL) != 0) return 1;
  printf("x is %d\n", point.x); // stop here
  return 0;
}
