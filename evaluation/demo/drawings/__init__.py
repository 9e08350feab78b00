"""What the demo's scenes are made of: a drawing for each of 24 ImageNet classes, by wnid."""

from evaluation.demo.drawings import dogs, fruit, tableware, things
from evaluation.demo.drawings.canvas import DrawFunction

DRAWINGS: dict[str, DrawFunction] = {
    "n02088364": dogs.beagle,
    "n02110341": dogs.dalmatian,
    "n02099601": dogs.golden_retriever,
    "n02110958": dogs.pug,
    "n02123045": dogs.tabby,
    "n07753592": fruit.banana,
    "n07747607": fruit.orange,
    "n07749582": fruit.lemon,
    "n07742313": fruit.granny_smith,
    "n07745940": fruit.strawberry,
    "n07753275": fruit.pineapple,
    "n07873807": fruit.pizza,
    "n04398044": tableware.teapot,
    "n03063599": tableware.coffee_mug,
    "n04522168": tableware.vase,
    "n11939491": tableware.daisy,
    "n04507155": tableware.umbrella,
    "n04356056": tableware.sunglasses,
    "n04254680": things.soccer_ball,
    "n04409515": things.tennis_ball,
    "n02708093": things.analog_clock,
    "n03642806": things.laptop,
    "n03793489": things.computer_mouse,
    "n04380533": things.table_lamp,
}
