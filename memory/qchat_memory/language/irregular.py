"""English words whose forms no stemmer joins: what one has in hand is found by any of them."""

_FORMS = (
    "begin began begun; break broke broken; bring brought; build built; buy bought; catch "
    "caught; choose chose chosen choice; come came; draw drew drawn; drink drank drunk; drive "
    "drove driven; eat ate eaten; fall fell fallen; feed fed; fight fought; find found; fly "
    "flew flown flight; forget forgot forgotten; forgive forgave forgiven; freeze froze "
    "frozen; give gave given; go went gone; grow grew grown growth; hang hung; hear heard; "
    "hide hid hidden; hold held; keep kept; know knew known; lay laid; lead led; learn "
    "learnt; leave left; lend lent; lose lost loss; make made; mean meant; meet met; pay "
    "paid; ride rode ridden; ring rang rung; rise risen; run ran; say said; see seen; sell "
    "sold sale; send sent; sew sewn; shake shook shaken; shoot shot; show shown; sing sang "
    "sung song; sink sank sunk; sit sat; sleep slept; speak spoke spoken speech; spend spent; "
    "stand stood; steal stole stolen; stick stuck; swim swam swum; take took taken; teach "
    "taught; tear tore torn; tell told; think thought; throw threw thrown; understand "
    "understood; wake woke woken; wear wore worn; win won; write wrote written; child "
    "children childhood; person people; man men; woman women; foot feet; tooth teeth; mouse "
    "mice; goose geese; wife wives; knife knives; half halves; bad worse worst; marry "
    "marriage married; die death died; born birth; old older oldest elder; live alive; high "
    "height; long length; strong strength; believe belief; weigh weight; deep depth; wide "
    "width "
)

BASE = {form: group.split()[0] for group in _FORMS.split(";") for form in group.split()[1:]}
"""Each form, and the one by which it is kept; without those that are words of their own."""
