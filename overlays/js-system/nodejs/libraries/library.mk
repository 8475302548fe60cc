# Compiles SOURCES with FLAGS to the archive lib$(NAME).a.
objects := $(addsuffix .o,$(SOURCES))

# Two sources may have the same name in different folders, so each object is added and none replaced.
lib$(NAME).a: $(objects)
	rm -f $@
	$(TARGET)-ar qcsD $@ $^

%.c.o: %.c
	$(TARGET)-gcc $(FLAGS) -c $< -o $@

%.cpp.o: %.cpp
	$(TARGET)-g++ -std=c++20 $(FLAGS) -c $< -o $@
