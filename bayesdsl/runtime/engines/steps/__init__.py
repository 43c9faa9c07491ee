"""Steps of variational inference and of climbs to a mode without Python in the loop.

guide and model under a loss          a Pyro program
loss(parameters, noise, data)         `program`: a list of tensor operations, its random numbers made arguments
step(parameters, state, ..)           `step`: with its gradient and the optimiser's update
many steps                            `loop`: in machine code where that can be had, else one by one
draws of the guide                    `draws`: all at once
"""
