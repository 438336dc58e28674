from uvshape import shout

print(shout("<uv>"))
