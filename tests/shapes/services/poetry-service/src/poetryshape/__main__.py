from poetryshape import shout

print(shout("<poetry>"))
