"""Ways to put text on a page that its readers do not see, as a table.

`{S}` stands for the secret. What stands before `||` goes into the head. Each was thought through or
looked up in the standards, for what a browser shows; none may reach a model.
"""

INLINE = {
    "hidden attribute": "<p hidden>{S}</p>",
    "hidden with a value": "<p hidden='yes'>{S}</p>",
    "hidden until found": "<p hidden=until-found>{S}</p>",
    "display none": "<p style='display:none'>{S}</p>",
    "display none, odd spelling": "<p style=' DISPLAY : None !IMPORTANT ;'>{S}</p>",
    "display by escape": r"<p style='d\69splay:none'>{S}</p>",
    "value by escape": r"<p style='display:n\6f ne'>{S}</p>",
    "comment in a declaration": "<p style='display/**/:/**/none'>{S}</p>",
    "later declaration wins": "<p style='display:block;display:none'>{S}</p>",
    "invalid declaration before it": "<p style='color:;;foo;display:none'>{S}</p>",
    "visibility hidden": "<p style='visibility:hidden'>{S}</p>",
    "visibility collapse": "<p style='visibility:collapse'>{S}</p>",
    "visibility inherited": "<div style='visibility:hidden'><b><i>{S}</i></b></div>",
    "opacity zero": "<p style='opacity:0'>{S}</p>",
    "opacity percent": "<p style='opacity:1%'>{S}</p>",
    "opacity by calc": "<p style='opacity:calc(1 - 1)'>{S}</p>",
    "opacity nested": "<div style='opacity:.2'><div style='opacity:.2'><p style='opacity:.2'>{S}"
    "</p>"
    "</div></div>",
    "content-visibility": "<div style='content-visibility:hidden'>{S}</div>",
    "filter opacity": "<p style='filter:opacity(0)'>{S}</p>",
    "filter blur": "<p style='filter:blur(20px)'>{S}</p>",
    "filter brightness": "<p style='filter:brightness(1000)'>{S}</p>",
    "filter contrast": "<p style='filter:contrast(0)'>{S}</p>",
    "filter by address": "<p style='filter:url(#f)'>{S}</p>",
    "mask clear": "<p style='mask-image:linear-gradient(transparent,transparent)'>{S}</p>",
    "mask by prefix": "<p style='-webkit-mask:linear-gradient(#0000,#0000)'>{S}</p>",
    "mask by address": "<p style='mask:url(/m.png)'>{S}</p>",
    "blend mode": "<p style='mix-blend-mode:difference;color:#fff'>{S}</p>",
    "font size zero": "<p style='font-size:0'>{S}</p>",
    "font size one pixel": "<p style='font-size:1px'>{S}</p>",
    "font size in percent": "<p style='font-size:1%'>{S}</p>",
    "font size nested em": "<div style='font-size:.5em'><div style='font-size:.5em'>"
    "<p style='font-size:.5em'>{S}</p></div></div>",
    "font size by calc": "<p style='font-size:calc(1px * 0.5)'>{S}</p>",
    "font size by min": "<p style='font-size:min(1px, 2em)'>{S}</p>",
    "font size in points": "<p style='font-size:0.4pt'>{S}</p>",
    "font size in viewport": "<p style='font-size:0.05vw'>{S}</p>",
    "font shorthand": "<p style='font:0/0 a'>{S}</p>",
    "font shorthand with style": "<p style='font:italic bold 1px/1 serif'>{S}</p>",
    "font-size-adjust": "<p style='font-size-adjust:0'>{S}</p>",
    "blank font": "<p style='font-family:AdobeBlank'>{S}</p>",
    "zoom": "<p style='zoom:0.01'>{S}</p>",
    "letters on each other": "<p style='letter-spacing:-1em'>{S}</p>",
    "words far away": "<p style='word-spacing:-9999px'>{S}</p>",
    "letters far apart": "<p style='letter-spacing:9999px'>{S}</p>",
    "dots for letters": "<p style='-webkit-text-security:disc'>{S}</p>",
    "line height and overflow": "<p style='line-height:0;overflow:hidden'>{S}</p>",
    "white on white": "<p style='color:#fff'>{S}</p>",
    "white by name": "<p style='color:white'>{S}</p>",
    "nearly white": "<p style='color:#fefefe'>{S}</p>",
    "light grey on white": "<p style='color:#f3f3f3'>{S}</p>",
    "white by rgb": "<p style='color:rgb(255 255 255)'>{S}</p>",
    "white by rgb percent": "<p style='color:rgb(100%,100%,100%)'>{S}</p>",
    "white by hsl": "<p style='color:hsl(120deg 0% 100%)'>{S}</p>",
    "white by hwb": "<p style='color:hwb(0 100% 0)'>{S}</p>",
    "white by lab": "<p style='color:lab(100 0 0)'>{S}</p>",
    "white by oklch": "<p style='color:oklch(1 0 0)'>{S}</p>",
    "white by color()": "<p style='color:color(srgb 1 1 1)'>{S}</p>",
    "white by mix": "<p style='color:color-mix(in srgb, white 99%, black)'>{S}</p>",
    "white by system colour": "<p style='color:canvas'>{S}</p>",
    "white by light-dark": "<p style='color:light-dark(white, black)'>{S}</p>",
    "white by colour scheme": "<p style='color-scheme:dark;color:canvastext'>{S}</p>",
    "relative colour": "<p style='color:rgb(from white r g b)'>{S}</p>",
    "transparent": "<p style='color:transparent'>{S}</p>",
    "nearly transparent": "<p style='color:rgba(0,0,0,.02)'>{S}</p>",
    "four hex digits": "<p style='color:#0000'>{S}</p>",
    "eight hex digits": "<p style='color:#00000003'>{S}</p>",
    "fill colour": "<p style='-webkit-text-fill-color:transparent'>{S}</p>",
    "fill white": "<p style='-webkit-text-fill-color:#fff'>{S}</p>",
    "black on black": "<p style='background:#000;color:#000'>{S}</p>",
    "near black on black": "<p style='background:#000;color:#0a0a0a'>{S}</p>",
    "default text on black": "<p style='background:black'>{S}</p>",
    "colour of the parent's ground": "<div style='background:#224466'><p>"
    "<span style='color:#224466'>"
    "{S}</span></p></div>",
    "ground of a grandchild": "<div style='color:#c00'><p><span style='background:#c00'>{S}</span>"
    "</p></div>",
    "background image of one colour": "<p style='background:linear-gradient(#fff,#fff);color:#fff'>"
    "{S}</p>",
    "gradient of the text's colour": "<p style='background:linear-gradient(#000,#010101)'>{S}</p>",
    "picture as ground": "<p style='background:url(/black.png);color:#000'>{S}</p>",
    "white on a picture": "<p style='background-image:url(/w.png);color:#fff'>{S}</p>",
    "font tag": "<font color=white>{S}</font>",
    "font tag, hex without sign": "<font color=ffffff>{S}</font>",
    "bgcolor of a cell": "<table bgcolor=black><tr><td>{S}</td><td>x</td></tr></table>",
    "bgcolor and font": "<table><tr><td bgcolor='#abcdef'><font color='#abcdef'>{S}</font></td>"
    "<td>x</td></tr></table>",
    "mark in its own colour": "<mark style='color:yellow'>{S}</mark>",
    "currentcolor as ground": "<p style='color:#333;background:currentcolor'>{S}</p>",
    "left far away": "<p style='position:absolute;left:-9999px'>{S}</p>",
    "left just enough": "<p style='position:absolute;left:-800px;width:300px'>{S}</p>",
    "left in em": "<p style='position:absolute;left:-100em'>{S}</p>",
    "left by calc": "<p style='position:absolute;left:calc(-1 * 9999px)'>{S}</p>",
    "left in viewport": "<p style='position:absolute;left:-100vw;width:50vw'>{S}</p>",
    "right far away": "<p style='position:absolute;right:-9999px'>{S}</p>",
    "right of the window": "<p style='position:fixed;left:100vw'>{S}</p>",
    "top far away": "<p style='position:absolute;top:-9999px'>{S}</p>",
    "below the window, fixed": "<p style='position:fixed;bottom:-500px'>{S}</p>",
    "inset": "<p style='position:fixed;inset:-9999px auto auto -9999px'>{S}</p>",
    "logical inset": "<p style='position:absolute;inset-inline-start:-9999px'>{S}</p>",
    "relative left": "<p style='position:relative;left:-5000px'>{S}</p>",
    "nested offsets": "<div style='position:absolute;left:-700px'><div style='position:absolute;"
    "left:-700px'><p>{S}</p></div></div>",
    "margin": "<p style='margin-left:-9999px'>{S}</p>",
    "margin shorthand": "<p style='margin:0 0 0 -9999px'>{S}</p>",
    "margin top": "<p style='margin-top:-9999px'>{S}</p>",
    "logical margin": "<p style='margin-inline-start:-9999px'>{S}</p>",
    "indent": "<p style='text-indent:-9999px'>{S}</p>",
    "indent to the right": "<p style='text-indent:100%;white-space:nowrap;overflow:hidden'>{S}</p>",
    "indent far right": "<p style='text-indent:9999px'>{S}</p>",
    "padding out of the box": "<p style='padding-left:600px;width:0;overflow:hidden'>{S}</p>",
    "translate": "<p style='transform:translateX(-9999px)'>{S}</p>",
    "translate in percent": "<p style='transform:translate(-500%)'>{S}</p>",
    "translate property": "<p style='translate:-9999px'>{S}</p>",
    "translate in steps": "<p style='transform:translateX(-900px) translateX(-900px)'>{S}</p>",
    "translate3d": "<p style='transform:translate3d(-9999px,0,0)'>{S}</p>",
    "scale": "<p style='transform:scale(0)'>{S}</p>",
    "scale nearly": "<p style='transform:scale(.05)'>{S}</p>",
    "scale one axis": "<p style='transform:scaleY(0)'>{S}</p>",
    "scale property": "<p style='scale:0'>{S}</p>",
    "scale nested": "<div style='scale:.3'><div style='scale:.3'><p>{S}</p></div></div>",
    "scale by prefix": "<p style='-webkit-transform:scale(0)'>{S}</p>",
    "matrix": "<p style='transform:matrix(0,0,0,0,0,0)'>{S}</p>",
    "matrix3d": "<p style='transform:matrix3d(0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,1)'>{S}</p>",
    "turned on edge": "<p style='transform:rotateX(90deg)'>{S}</p>",
    "turned by property": "<p style='rotate:y 90deg'>{S}</p>",
    "turned in turns": "<p style='transform:rotateY(.25turn)'>{S}</p>",
    "back face": "<p style='transform:rotateY(180deg);backface-visibility:hidden'>{S}</p>",
    "skewed flat": "<p style='transform:skew(90deg)'>{S}</p>",
    "clip": "<p style='position:absolute;clip:rect(0,0,0,0)'>{S}</p>",
    "clip of one pixel": "<p style='position:absolute;clip:rect(1px 1px 1px 1px)'>{S}</p>",
    "clip path inset": "<p style='clip-path:inset(50%)'>{S}</p>",
    "clip path one side": "<p style='clip-path:inset(0 100% 0 0)'>{S}</p>",
    "clip path circle": "<p style='clip-path:circle(0)'>{S}</p>",
    "clip path circle away": "<p style='clip-path:circle(5px at -50px 0)'>{S}</p>",
    "clip path ellipse": "<p style='clip-path:ellipse(0 50%)'>{S}</p>",
    "clip path polygon": "<p style='clip-path:polygon(0 0,0 0,0 0)'>{S}</p>",
    "clip path polygon away": "<p style='clip-path:polygon(200% 0,300% 0,300% 100%)'>{S}</p>",
    "clip path by address": "<p style='clip-path:url(#c)'>{S}</p>",
    "clip path by path": "<p style='clip-path:path(\"M0 0\")'>{S}</p>",
    "clip path xywh": "<p style='clip-path:xywh(0 0 0 0)'>{S}</p>",
    "no height": "<div style='height:0;overflow:hidden'>{S}</div>",
    "one pixel high": "<div style='height:1px;overflow:hidden'><p>{S}</p></div>",
    "no maximum height": "<div style='max-height:0;overflow:hidden'>{S}</div>",
    "no width": "<div style='width:0;overflow:hidden;white-space:nowrap'>{S}</div>",
    "logical size": "<div style='block-size:0;overflow:clip'>{S}</div>",
    "no height, scrolling": "<div style='height:0;overflow:auto'>{S}</div>",
    "one axis of overflow": "<div style='height:0;overflow-y:hidden'>{S}</div>",
    "height by calc": "<div style='height:calc(10px - 10px);overflow:hidden'>{S}</div>",
    "contained": "<div style='contain:strict'>{S}</div>",
    "pushed out of a box": "<div style='height:20px;overflow:hidden'><div style='height:100px'>"
    "</div>"
    "<p>{S}</p></div>",
    "moved out of a box": "<div style='height:20px;overflow:hidden'><p style='margin-top:50px'>"
    "{S}</p>"
    "</div>",
    "placed out of a box": "<div style='position:relative;width:200px;height:50px;overflow:hidden'>"
    "<p style='position:absolute;left:250px'>{S}</p></div>",
    "flex basis": "<div style='display:flex'><div style='flex:0 0 0;overflow:hidden;width:0'>{S}"
    "</div>"
    "</div>",
    "behind its ground": "<div style='background:#fff'><div style='background:#eee'><p style='"
    "position:relative;z-index:-1'>{S}</p></div></div>",
    "variable": "<div style='--x:none'><p style='display:var(--x)'>{S}</p></div>",
    "variable's fallback": "<p style='color:var(--no, #fff)'>{S}</p>",
    "variable in a shorthand": "<div style='--s:0'><p style='font:var(--s)/1 a'>{S}</p></div>",
    "variable in a variable": "<div style='--a:var(--b);--b:0'><p style='opacity:var(--a)'>{S}"
    "</p></div>",
    "replaced content": "<p style='content:url(/x.png)'>{S}</p>",
    "motion path": "<p style='offset-path:path(\"M-9999 0\")'>{S}</p>",
    "all reset": "<p style='display:none;all:revert;display:none'>{S}</p>",
    "comment": "<!-- {S} --><p>x</p>",
    "comment, badly closed": "<!-- {S} --!><p>x</p>",
    "template": "<template><p>{S}</p></template>",
    "noscript": "<noscript><p>{S}</p></noscript>",
    "noframes": "<noframes>{S}</noframes>",
    "noembed": "<noembed>{S}</noembed>",
    "dialog": "<dialog><p>{S}</p></dialog>",
    "popover": "<div popover><p>{S}</p></div>",
    "datalist": "<datalist><option>{S}</option></datalist>",
    "choices of a list": "<select><option>a</option><option>{S}</option></select>",
    "script": "<script type='text/plain'>{S}</script>",
    "style": "<style>/* {S} */</style>",
    "iframe's fallback": "<iframe>{S}</iframe>",
    "video's fallback": "<video><p>{S}</p></video>",
    "audio's fallback": "<audio>{S}</audio>",
    "canvas's fallback": "<canvas><p>{S}</p></canvas>",
    "object's fallback": "<object data=x><p>{S}</p></object>",
    "meter's fallback": "<meter value=1>{S}</meter>",
    "ruby parentheses": "<ruby>a<rp>{S}</rp><rt>b</rt></ruby>",
    "svg title": "<svg><title>{S}</title></svg>",
    "svg description": "<svg><desc>{S}</desc></svg>",
    "math annotation": "<math><mi>x</mi><annotation>{S}</annotation></math>",
    "title attribute": "<p title='{S}'>x</p>",
    "aria label": "<p aria-label='{S}'>x</p>",
    "alternative text": "<p><img src=x alt='{S}'> x</p>",
    "placeholder": "<input placeholder='{S}' value='{S}'>",
    "data attribute": "<p data-order='{S}'>x</p>",
    "link without text": "<p>x <a href='http://e.test/' title='{S}'></a></p>",
    "table summary": "<table summary='{S}'><tr><td>a</td><td>b</td></tr></table>",
    "light child without a slot": "<div><template shadowrootmode=open><p>x</p></template>"
    "<p>{S}</p></div>",
    "in a hidden frame": "<iframe style='display:none' srcdoc='<p>{S}</p>'></iframe>",
    "hidden within a frame": "<iframe srcdoc='<p hidden>{S}</p><p>x</p>'></iframe>",
    "frame of no size": "<iframe width=0 height=0 srcdoc='<p>{S}</p>'></iframe>",
}

SHEETS = {
    "by class": "<style>.x{display:none}</style>||<p class=x>{S}</p>",
    "by id": "<style>#x{display:none}</style>||<p id=x>{S}</p>",
    "by tag": "<style>aside em{display:none}</style>||<aside><em>{S}</em></aside>",
    "by attribute": "<style>[data-x]{display:none}</style>||<p data-x>{S}</p>",
    "by start of an attribute": "<style>[class^=ab]{display:none}</style>||<p class=abc>{S}</p>",
    "by child": "<style>div>p.x{opacity:0}</style>||<div><p class=x>{S}</p></div>",
    "by sibling": "<style>hr+p{font-size:0}</style>||<hr><p>{S}</p>",
    "by later sibling": "<style>hr~p.s{font-size:0}</style>||<hr><p>x</p><p class=s>{S}</p>",
    "by place": "<style>.q p:nth-child(2){display:none}</style>||<div class=q><p>x</p><p>{S}</p>"
    "</div>",
    "last child": "<style>.q :last-child{display:none}</style>||<div class=q><p>x</p><p>{S}</p>"
    "</div>",
    "by not": "<style>.q p:not(.v){display:none}</style>||<div class=q><p class=v>x</p><p>{S}"
    "</p></div>",
    "by is": "<style>:is(.a,.b) p{display:none}</style>||<div class=b><p>{S}</p></div>",
    "by where": "<style>:where(.b){display:none}</style>||<div class=b>{S}</div>",
    "by has": "<style>p:has(b){display:none}</style>||<p><b>x</b> {S}</p>",
    "by empty state": "<style>p.x:not(:hover){opacity:0}</style>||<p class=x>{S}</p>",
    "not the target": "<style>p.x:not(:target){display:none}</style>||<p class=x id=a>{S}</p>",
    "untold state": "<style>p.x:dir(ltr){display:none}</style>||<p class=x>{S}</p>",
    "escaped class": r"<style>.\78{display:none}</style>||<p class=x>{S}</p>",
    "escaped property": r"<style>.x{d\69 splay:none}</style>||<p class=x>{S}</p>",
    "important beats inline": "<style>.x{display:none!important}</style>||"
    "<p class=x style='display:block'>{S}</p>",
    "specific beats later": "<style>p.x{display:none} .x{display:block}</style>||<p class=x>{S}"
    "</p>",
    "media screen": "<style>@media screen{.x{display:none}}</style>||<p class=x>{S}</p>",
    "media wide": "<style>@media (min-width:600px){.x{display:none}}</style>||<p class=x>{S}</p>",
    "media range": "<style>@media (width>=600px){.x{display:none}}</style>||<p class=x>{S}</p>",
    "media not print": "<style>@media not print{.x{display:none}}</style>||<p class=x>{S}</p>",
    "media light": "<style>@media (prefers-color-scheme:light){.x{display:none}}</style>||"
    "<p class=x>{S}</p>",
    "media unknown": "<style>@media (strange-thing:1){.x{display:none}}</style>||<p class=x>{S}"
    "</p>",
    "media nested": "<style>@media screen{@media (hover){.x{display:none}}}</style>||<p class=x>"
    "{S}</p>",
    "media of the tag": "<style media='(min-width:1px)'>.x{display:none}</style>||<p class=x>{S}"
    "</p>",
    "supports": "<style>@supports (display:grid){.x{display:none}}</style>||<p class=x>{S}</p>",
    "supports not": "<style>@supports not (foo:bar){.x{display:none}}</style>||<p class=x>{S}</p>",
    "container": "<style>@container (min-width:1px){.x{display:none}}</style>||<p class=x>{S}</p>",
    "layer": "<style>@layer a{.x{display:none}}</style>||<p class=x>{S}</p>",
    "layers in order": "<style>@layer a,b;@layer b{.x{display:none}}@layer a{.x.x{display:block}}"
    "</style>||<p class=x>{S}</p>",
    "important in the first layer": "<style>@layer a{.x{display:none!important}}"
    ".x{display:block!important}</style>||<p class=x>{S}</p>",
    "scope": "<style>@scope (.q){p{display:none}}</style>||<div class=q><p>{S}</p></div>",
    "nesting": "<style>.q{color:#000; & p{display:none}}</style>||<div class=q><p>{S}</p></div>",
    "nesting without a sign": "<style>.q{p{display:none}}</style>||<div class=q><p>{S}</p></div>",
    "nesting of conditions": "<style>.x{@media screen{display:none}}</style>||<p class=x>{S}</p>",
    "import of data": "<style>@import 'data:text/css,.x{display:none}';</style>||<p class=x>{S}"
    "</p>",
    "link to data": "<link rel=stylesheet href='data:text/css,.x%7Bdisplay:none%7D'>||"
    "<p class=x>{S}</p>",
    "link to data in base64": "<link rel=stylesheet href='data:text/css;base64,"
    "LnhYe2Rpc3BsYXk6bm9uZX0='>||<p class=xX>{S}</p>",
    "animation": "<style>@keyframes h{to{opacity:0}}.x{animation:h 0s forwards}</style>||"
    "<p class=x>{S}</p>",
    "animation paused": "<style>@keyframes h{from{opacity:0}}.x{animation:h 9s paused}</style>||"
    "<p class=x>{S}</p>",
    "animation that never comes": "<style>@keyframes s{to{opacity:1}}.x{opacity:0;"
    "animation:s 1s 99999s forwards}</style>||<p class=x>{S}</p>",
    "animation too slow": "<style>@keyframes s{from{opacity:0}to{opacity:1}}.x{"
    "animation:s 999999s forwards}</style>||<p class=x>{S}</p>",
    "ground of the body": "<style>body{background:#123}.x{color:#123}</style>||<p class=x>{S}</p>",
    "ground by attribute": "<style>.x{color:#eee}</style>||<div bgcolor=x style='background:#eee'>"
    "<p class=x>{S}</p></div>",
    "colour by variable of the root": "<style>:root{--w:#fff}.x{color:var(--w)}</style>||"
    "<p class=x>{S}</p>",
    "every element": "<style>.q *{font-size:0}</style>||<div class=q><p>{S}</p></div>",
    "first line only": "<style>.x{font-size:0}.x::first-line{font-size:20px}</style>||"
    "<p class=x><b>{S}</b></p>",
    "sheet in the body": "||<style>.x{display:none}</style><p class=x>{S}</p>",
    "reveal that holds for print alone": "<style>.x{display:none}@media print{.x{display:block}}"
    "</style>||<p class=x>{S}</p>",
    "reveal that needs no scripts": "<style>.x{display:none}</style><noscript><style>"
    ".x{display:block}"
    "</style></noscript>||<p class=x>{S}</p>",
    "reveal of another type": "<style>.x{display:none}</style><style type=text/less>"
    ".x{display:block}"
    "</style>||<p class=x>{S}</p>",
    "reveal on hover": "<style>.x{opacity:0}.x:hover{opacity:1}</style>||<p class=x>{S}</p>",
    "reveal by a checkbox": "<style>.x{display:none}#c:checked~.x{display:block}</style>||"
    "<input type=checkbox id=c><p class=x>{S}</p>",
    "reader-only class": "<style>.sr-only{position:absolute;width:1px;height:1px;padding:0;"
    "margin:-1px;overflow:hidden;clip:rect(0,0,0,0);border:0}</style>||<span class=sr-only>{S}"
    "</span>",
    "accordion of a grid": "<style>.g{display:grid;grid-template-rows:0fr}.g>div{overflow:hidden;"
    "min-height:0}</style>||<div class=g><div><p>{S}</p></div></div>",
    "column collapsed": "<style>col.c{visibility:collapse}</style>||<table><col><col class=c>"
    "<tr><td>a</td><td>{S}</td></tr><tr><td>b</td><td>x</td></tr></table>",
    "covered": "<style>.r{position:relative}.r i{position:absolute;inset:0;background:#fff}"
    "</style>||"
    "<div class=r><p>{S}</p><i></i></div>",
    "host of a shadow tree": "||<div><template shadowrootmode=open><style>:host{display:none}"
    "</style>"
    "<p>{S}</p></template></div>",
    "sheet of a shadow tree": "||<div><template shadowrootmode=open><style>p{display:none}</style>"
    "<p>{S}</p></template></div>",
    "colour of a link": "<style>.k{background:#0000ee}</style>||<div class=k><a href=/x>{S}</a>"
    "</div>",
    "tail of an element": "<style>.x{visibility:hidden}.x b{visibility:visible}</style>||"
    "<p class=x><b>seen</b> {S}</p>",
    "keyword inherit": "<style>.x{opacity:0}.x p{opacity:inherit}</style>||<div class=x><p>{S}"
    "</p></div>",
    "author's description": "<meta name=description content='{S}'>||<p>x</p>",
    "author's name": "<meta name=author content='{S}'>||<p>x</p>",
    "site's name": "<meta property='og:site_name' content='{S}'>||<p>x</p>",
    "title for others": "<meta property='og:title' content='{S}'>||<p>x</p>",
    "linked data": '<script type=\'application/ld+json\'>{"@type":"Article","headline":"{S}",'
    '"articleBody":"{S}"}</script>||<p>x</p>',
    "linked author": '<script type=\'application/ld+json\'>{"@type":"Article","author":'
    '{"@type":"Person","name":"{S}"}}</script>||<p>x</p>',
}

MORE = {
    "3px": "||<p style='font-size:3px'>{S}</p>",
    "snow": "||<p style='color:snow'>{S}</p>",
    "rgb near": "||<p style='color:rgb(254 254 254 / .9)'>{S}</p>",
    "inset99": "||<p style='clip-path:inset(0 0 99% 99%)'>{S}</p>",
    "scale3d": "||<p style='transform:scale3d(0,0,0)'>{S}</p>",
    "translateY -200vh": "||<p style='transform:translateY(-200vh)'>{S}</p>",
    "maxw1": "||<p style='max-width:1px;overflow:hidden;white-space:nowrap'>{S}</p>",
    "attr i flag": "<style>[data-x='A' i]{display:none}</style>||<p data-x=a>{S}</p>",
    "op .05": "||<p style='opacity:.05'>{S}</p>",
    "tr": "||<table><tr style='visibility:hidden'><td>{S}</td><td>b</td></tr><tr><td>a</td>"
    "<td>c</td></tr></table>",
    "inherit transparent": "||<div style='color:transparent'><p style='color:inherit'>"
    "{S}</p></div>",
    "hidden input": "||<input type=hidden value='{S}'>",
    "area alt": "||<map name=m><area alt='{S}'></map>",
    "10px box nowrap": "||<p style='width:10px;overflow:hidden;white-space:nowrap;"
    "text-overflow:ellipsis'>{S}</p>",
    "3x10 box": "||<div style='width:10px;height:10px;overflow:hidden'>{S}</div>",
    "behind white": "||<div style='background:#fff'><p style='position:relative;z-index:-1'>{S}</p>"
    "</div>",
    "bidi": "||<p style='unicode-bidi:bidi-override;direction:rtl'>{S}</p>",
    "bdo": "||<bdo dir=rtl>{S}</bdo>",
    "@property": "<style>@property --h{syntax:'*';inherits:false;"
    "initial-value:none}.x{display:var(--h)}</style>||<p class=x>{S}</p>",
    "attr()": "||<p style='display:attr(data-d type(<custom-ident>))' data-d=none>{S}</p>",
    "if()": "||<p style='display:if(media(screen):none;else:block)'>{S}</p>",
    "mphantom": "||<math><mphantom><mtext>{S}</mtext></mphantom></math>",
    "dup style": "||<p style='display:none' style='display:block'>{S}</p>",
    "slash": "||<p/hidden>{S}</p>",
    "entity": "||<p style='display&colon;none'>{S}</p>",
    "entity2": "||<p style='display&#58;none'>{S}</p>",
    "line height big": "||<div style='overflow:hidden;height:16px;line-height:120px'>{S}</div>",
    "right100": "||<p style='position:absolute;right:100%'>{S}</p>",
    "cdata": "||<![CDATA[ {S} ]]><p>x</p>",
    "php": "||<?php {S} ?><p>x</p>",
    "doctype-ish": "||<!ELEMENT {S}><p>x</p>",
    "cond": "||<!--[if IE]>{S}<![endif]--><p>x</p>",
    "hover only font": "<style>.x{font-size:0}.x:hover{font-size:16px}</style>||<p class=x>{S}</p>",
    "pre": "||<pre style='display:none'>{S}</pre>",
    "code": "||<pre><code><span style='color:#fff'>{S}</span> x=1\ny=2</code></pre>",
    "cell": "||<table><tr><td>a<span style='display:none'>{S}</span></td><td>b</td></tr><tr>"
    "<td>c</td><td>d</td></tr></table>",
    "li": "||<ul><li>a<li style='display:none'>{S}<li>b</ul>",
    "heading": "||<h2 style='font-size:0'>{S}</h2>",
    "caption": "||<table><caption style='display:none'>{S}</caption><tr><td>a</td><td>b</td>"
    "</tr></table>",
    "blockquote": "||<blockquote style='visibility:hidden'>{S}</blockquote>",
    "dd": "||<dl><dt>a<dd style='opacity:0'>{S}</dl>",
    "figcaption": "||<figure><img src=x><figcaption hidden>{S}</figcaption></figure>",
    "link text": "||<p>x <a href=/y style='color:#fff'>{S}</a></p>",
    "preload css": "<link rel=preload as=style href='data:text/css,.x%7Bdisplay:none%7D' "
    "onload=\"this.rel='stylesheet'\">||<p class=x>{S}</p>",
    "print onload": "<link rel=stylesheet media=print href='data:text/css,.x%7Bdisplay:none%7D' "
    "onload=\"this.media='all'\">||<p class=x>{S}</p>",
    "mask size": "||<p style='mask-image:linear-gradient(#000,#000);mask-size:0 0;"
    "mask-repeat:no-repeat'>{S}</p>",
    "radial mask": "||<p style='mask:radial-gradient(transparent, transparent 90%)'>{S}</p>",
    "nested scale": "||<div style='transform:scale(.4)'><div style='transform:scale(.4)'><p>{S}</p>"
    "</div></div>",
    "em chain": "||<div style='font-size:10%'><p>{S}</p></div>",
    "body color": "<style>body{color:#fff}h1,p{color:#000}</style>||<div>{S}</div>",
    "legend": "||<fieldset><legend style='display:none'>{S}</legend>x</fieldset>",
    "label": "||<label style='clip-path:inset(100%)'>{S}</label>",
    "button text": "||<button style='text-indent:-9999px'>{S}</button>",
    "textarea hidden": "||<textarea hidden>{S}</textarea>",
    "placeholder": "||<textarea placeholder='{S}'></textarea>",
    "summary none": "||<details><summary style='display:none'>{S}</summary>x</details>",
    "white border": "||<p style='color:#fff;border:1px solid #000'>{S}</p>",
    "bg none": "||<p style='background:none;color:#fff'>{S}</p>",
    "bg img data": "||<p style=\"background:url('data:image/gif;"
    "base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7');color:#000\">"
    "{S}</p>",
    "fixed cover": "||<p style='margin-left:-100vw'>{S}</p>",
    "vis child": "||<div style='visibility:hidden'>{S}<p style='visibility:visible'>x</p></div>",
    "grid 0": "||<div style='display:grid;grid-template-columns:0'><p style='overflow:hidden;"
    "min-width:0'>{S}</p></div>",
    "transform none later": "<style>.x{transform:scale(0)!important}</style>||<p class=x "
    "style='transform:none'>{S}</p>",
    "perspective": "||<div style='perspective:100px'><p style='transform:translateZ(200px)'>{S}</p>"
    "</div>",
    "soft hyphen word": "||<p style='color:#fff\\9'>x</p><p style='font-size:.0001em'>{S}</p>",
    "rgba 0 bg": "||<p style='color:rgb(0 0 0 / 0%)'>{S}</p>",
    "currentcolor": "||<div style='color:#fff'><p style='color:currentcolor'>{S}</p></div>",
    "accent": "||<p style='color:Canvas'>{S}</p>",
    "margin-right": "||<p style='text-align:right;margin-right:-9999px'>{S}</p>",
    "sub": "||<sub style='font-size:1px'>{S}</sub>",
    "order": "||<p style='position:absolute;top:-999em'>{S}</p>",
    "overflow clip margin": "||<div style='overflow:clip;width:0'>{S}</div>",
    "rotate3d": "||<p style='transform:rotate3d(1,0,0,90deg)'>{S}</p>",
    "dark mode": "||<p style='filter:invert(.5)'>{S}</p>",
    "html filter": "<style>.x{filter:opacity(5%) blur(0)}</style>||<p class=x>{S}</p>",
    "unknown animation prop": "<style>@keyframes "
    "a{100%{transform:translateX(-9999px)}}.x{animation:a .1s "
    "linear both}</style>||<p class=x>{S}</p>",
    "keyframes var": "<style>@keyframes a{to{font-size:0}}.x{animation-name:a;"
    "animation-fill-mode:forwards;animation-duration:1ms}</style>||<p class=x>{S}</p>",
    "noindex": "||<div style='display:none' class='article-body'><p>{S}</p></div>",
    "table hidden row": "<style>tr:nth-of-type(odd){display:none}</style>||<table><tr><td>"
    "{S}</td><td>"
    "z</td></tr><tr><td>a</td><td>b</td></tr></table>",
    "base font": "<style>body{font-size:0}h1,p{font-size:16px}</style>||<div>{S}</div>",
    "only-child": "<style>.q>:only-child{display:none}</style>||<div class=q><p>{S}</p></div>",
    "lang": "<style>:lang(xx){display:none}</style>||<p lang=xx>{S}</p>",
    "root sibling": "<style>h1~div{display:none}</style>||<div>{S}</div>",
    "checked": "<style>:checked+p{display:none}</style>||<input type=checkbox checked><p>{S}</p>",
    "nth of": "<style>.q :nth-child(1 of .z){display:none}</style>||<div class=q><p class=z>"
    "{S}</p></div>",
    "empty prev": "<style>i:empty+p{display:none}</style>||<i></i><p>{S}</p>",
    "layered import loses": (
        '<style>@import "data:text/css,.x.x{display:block}" layer(a); .x{display:none}'
        "</style>||<p class=x>{S}</p>"
    ),
    "sublayer loses to its layer": (
        "<style>@layer a{.x{display:none} @layer b{.x{display:block}}}</style>||<p class=x>{S}</p>"
    ),
    "revert-layer": "<style>@layer a{.x{display:none}} .x{display:revert-layer}</style>||<p "
    "class=x>{S}</p>",
    "hidden + display revert": "||<p hidden style='display:revert'>{S}</p>",
    "percent of zero parent": (
        "||<div style='height:0'><p style='height:100%;overflow:hidden;margin:0'>{S}</p></div>"
    ),
    "height inherit": (
        "||<div style='height:0'><p style='height:inherit;overflow:hidden;margin:0'>{S}</p></div>"
    ),
    "width inherit": "||<div style='width:0'><p style='width:inherit;overflow:hidden;margin:0'>{S}"
    "</p></div>",
    "aspect ratio": "||<p style='width:100px;aspect-ratio:1000/1;min-height:0;overflow:hidden'>{S}"
    "</p>",
    "mask position": "||<p style='mask:linear-gradient(#000,#000) no-repeat -9999px 0'>{S}</p>",
    "mask luminance": (
        "||<p style='mask-image:linear-gradient(#000,#000);mask-mode:luminance'>{S}</p>"
    ),
    "mask composite": "||<p style='mask:linear-gradient(#000,#000),linear-gradient(#000,#000);"
    "mask-composite:exclude'>{S}</p>",
    "mask box image": (
        "||<p style='-webkit-mask-box-image:linear-gradient(transparent,transparent)'>{S}</p>"
    ),
    "first line white": "<style>.x::first-line{color:#fff}</style>||<p class=x>{S}</p>",
    "first line no size": "<style>.x:first-line{font-size:0}</style>||<p class=x>{S}</p>",
    "slotted": "||<div><template shadowrootmode=open><style>::slotted(p){display:none}</style>"
    "<slot></slot></template><p>{S}</p></div>",
    "part": "<style>div::part(q){display:none}</style>||<div><template shadowrootmode=open>"
    "<p part=q>{S}</p></template></div>",
    "details content": (
        "<style>details::details-content{display:none}</style>||<details open><summary>"
        "m</summary><p>{S}</p></details>"
    ),
    "forgiving is": "<style>:is(.x, :unknown-thing){display:none}</style>||<p class=x>{S}</p>",
    "declared after nested": "<style>.x{&{display:block} display:none}</style>||<p class=x>{S}</p>",
    "property not inherited": (
        "<style>@property --o{syntax:'<number>';inherits:false;initial-value:0}"
        ".x{opacity:var(--o)}</style>||<div style='--o:1'><p class=x>{S}</p></div>"
    ),
    "variable initial": "<style>.x{--off:initial;opacity:var(--off,0)}</style>||<p class=x>{S}</p>",
    "variable camel": (
        "<style>:root{--goneNow:none}.x{display:var(--goneNow)}</style>||<p class=x>{S}</p>"
    ),
    "sin": "||<p style='font-size:calc(16px * sin(0))'>{S}</p>",
    "round": "||<p style='font-size:round(down,5px,10px)'>{S}</p>",
    "box shadow inside": "||<p style='box-shadow:inset 0 0 0 1000px #000'>{S}</p>",
    "outline over": "||<p style='outline:60px solid #fff;outline-offset:-60px'>{S}</p>",
    "struck through": "||<p style='text-decoration:line-through 2em #000'>{S}</p>",
    "covered by after": (
        "<style>.x{position:relative}.x::after{content:'';position:absolute;inset:0;"
        "background:#fff}</style>||<p class=x>{S}</p>"
    ),
    "covered by before": "<style>.x{position:relative}.x:before{content:'';position:absolute;top:0;"
    "left:0;width:100%;height:100%;background:#fff;z-index:2}</style>||<p class=x>"
    "{S}</p>",
    "invert": "||<p style='filter:invert(1)'>{S}</p>",
    "table column": "||<p style='display:table-column'>{S}</p>",
    "table column group": "||<div style='display:table-column-group'>{S}</div>",
    "content gradient": "||<p style='content:linear-gradient(red,red)'>{S}</p>",
    "content image-set": "||<p style='content:image-set(\"a.png\" 1x)'>{S}</p>",
    "infinite animation": (
        "<style>@keyframes k{0%,100%{opacity:0}}.x{animation:k 1s infinite}</style>"
        "||<p class=x>{S}</p>"
    ),
    "reverse animation": (
        "<style>@keyframes k{from{opacity:0}to{opacity:1}}.x{animation:k 1s reverse "
        "forwards}</style>||<p class=x>{S}</p>"
    ),
    "second animation": (
        "<style>@keyframes s{to{color:#000}}@keyframes k{to{opacity:0}}.x{animation:s "
        "1s,k 1s forwards}</style>||<p class=x>{S}</p>"
    ),
    "svg style cdata": (
        "||<svg width=0 height=0><style><![CDATA[.x{display:none}]]></style></svg><p "
        "class=x>{S}</p>"
    ),
    "other titled sheet": "<style title=a>.x{display:none}</style><style title=b>.x{display:block}"
    "</style>||<p class=x>{S}</p>",
    "dark scheme black text": (
        "<style>:root{color-scheme:dark}.x{color:#121212}</style>||<p class=x>{S}</p>"
    ),
    "meta dark scheme": "<meta name=color-scheme content=dark><style>h1,p{color:#eee}.x{color:#111}"
    "</style>||<p class=x>{S}</p>",
    "maction": "||<p>x <math><maction actiontype=toggle><mi>x</mi><mtext>{S}</mtext></maction>"
    "</math></p>",
    "mathcolor": "||<p>x <math><mtext mathcolor='#fff'>{S}</mtext></math></p>",
    "mathsize": "||<p>x <math><mtext mathsize='0'>{S}</mtext></math></p>",
    "mpadded": "||<p>x <math><mpadded width=0 height=0 style='overflow:hidden'><mtext>{S}"
    "</mtext></mpadded></math></p>",
    "colgroup collapse": (
        "||<table><colgroup style='visibility:collapse'><col></colgroup><colgroup><col>"
        "</colgroup><tr><td>{S}</td><td>b</td></tr><tr><td>a</td><td>c</td></tr>"
        "</table>"
    ),
    "origin far": "||<p style='transform-origin:-5000px 0;transform:rotate(180deg)'>{S}</p>",
    "off canvas": "||<div style='position:fixed;left:0;top:0;width:300px;"
    "transform:translateX(-100%)'>{S}</div>",
    "exact left": "||<div style='position:absolute;inset:0 auto 0 -300px;width:300px'>{S}</div>",
    "picture over": "||<div style='position:relative;width:600px;height:40px'><p>{S}</p><img src=x "
    "style='position:absolute;top:0;left:0;width:600px;height:40px'></div>",
    "calc size": "||<div style='overflow:hidden;height:calc-size(0px,size)'>{S}</div>",
    "redacted": "||<p style='font-family:\"Flow Block\"'>{S}</p>",
    "white on the page's picture": (
        "<style>article{background:url(/p.png)}</style>||<p style='color:#fff'>{S}</p>"
    ),
    "on a picture that nobody reads on": (
        "<style>body{background:url(/p.png)}h1,article>p{background:#fff}</style>||<div>{S}</div>"
    ),
}

SEEN = {
    "plain": "||<p>{S}</p>",
    "small": "||<p style='font-size:10px'>{S}</p>",
    "grey": "||<p style='color:#888'>{S}</p>",
    "light grey on dark": "||<div style='background:#222'><p style='color:#ddd'>{S}</p></div>",
    "dark page": "<style>body{background:#111;color:#eee}</style>||<p>{S}</p>",
    "dark page by variables": "<style>:root{--bg:#111;--fg:#eee}body{background:var(--bg);"
    "color:var(--fg)}</style>||<p>{S}</p>",
    "dark by preference alone": "<style>@media (prefers-color-scheme:dark){p{color:#fff}}</style>||"
    "<p>{S}</p>",
    "white on blue": "||<p style='background:#00f;color:#fff'>{S}</p>",
    "red on green": "||<p style='background:green;color:red'>{S}</p>",
    "hidden, then shown": "<style>.x{display:none}.x.on{display:block}</style>||<p class='x on'>"
    "{S}</p>",
    "hidden in print": "<style>@media print{.x{display:none}}</style>||<p class=x>{S}</p>",
    "hidden in narrow windows": "<style>@media (max-width:600px){.x{display:none}}</style>||"
    "<p class=x>{S}</p>",
    "on hover": "<style>.x:hover{opacity:0}</style>||<p class=x>{S}</p>",
    "visible in a hidden parent": "||<div style='visibility:hidden'>"
    "<p style='visibility:visible'>{S}"
    "</p></div>",
    "transparent letters on a gradient": "||<h2 style='background:linear-gradient(90deg,#a0f,#f06);"
    "-webkit-background-clip:text;color:transparent'>{S}</h2>",
    "white with a dark outline": "||<p style='color:#fff;text-shadow:0 0 3px #000'>{S}</p>",
    "negative margin of a row": "||<div style='margin-left:-15px'><p>{S}</p></div>",
    "hanging indent": "||<p style='text-indent:-1em;padding-left:1em'>{S}</p>",
    "centred by translation": "||<div style='position:absolute;left:50%;transform:translate(-50%)'>"
    "<p>{S}</p></div>",
    "centred both ways": "||<div style='position:absolute;top:50%;left:50%;"
    "transform:translate(-50%,-50%)'><p>{S}</p></div>",
    "cut off after lines": "||<div style='overflow:hidden;height:60px'><p>{S}</p></div>",
    "scrolling box": "||<div style='overflow:auto;height:40px'><p>x</p><p>{S}</p></div>",
    "clearing its floats": "||<div style='overflow:hidden'><p>{S}</p></div>",
    "fades in": "<style>@keyframes f{from{opacity:0}to{opacity:1}}.x{animation:f 1s both}</style>||"
    "<p class=x>{S}</p>",
    "fades in from nothing": "<style>@keyframes f{to{opacity:1}}.x{opacity:0;"
    "animation:f 1s forwards}"
    "</style>||<p class=x>{S}</p>",
    "turned a little": "||<p style='transform:rotate(-3deg) scale(1.1)'>{S}</p>",
    "icon beside it": "||<p style='background:url(/i.png) no-repeat left'>{S}</p>",
    "half clear": "||<p style='opacity:.6'>{S}</p>",
    "closed details": "||<details><summary>More</summary><p>{S}</p></details>",
    "open dialog": "||<dialog open><p>{S}</p></dialog>",
    "aria-hidden": "||<p aria-hidden=true>{S}</p>",
    "later rule": "<style>.x{color:#fff}.x{color:#000}</style>||<p class=x>{S}</p>",
    "not for this type": "<style type=text/less>.x{display:none}</style>||<p class=x>{S}</p>",
    "alternate sheet": "<link rel='alternate stylesheet' "
    "href='data:text/css,p%7Bdisplay:none%7D'>||<p>{S}</p>",
    "rule of a noscript": "<noscript><style>p{display:none}</style></noscript>||<p>{S}</p>",
    "shadow tree": "||<div><template shadowrootmode=open><p>{S}</p></template></div>",
    "slotted": "||<div><template shadowrootmode=open><slot></slot></template><p>{S}</p></div>",
    "in a frame": "||<iframe srcdoc='<p>{S}</p>'></iframe>",
    "sticky": "||<p style='position:sticky;top:0'>{S}</p>",
    "relative nudge": "||<p style='position:relative;top:-2px;left:-3px'>{S}</p>",
    "a card that overlaps": "||<div style='height:300px'></div><div style='margin-top:-80px'>"
    "<p>{S}</p></div>",
    "button": "||<p><button>x</button> {S}</p>",
    "zero margin and padding": "<style>*{margin:0;padding:0;box-sizing:border-box}</style>||<p>"
    "{S}</p>",
    "no indent": "<style>p{text-indent:0;letter-spacing:-.02em;word-spacing:1px}</style>||<p>{S}"
    "</p>",
    "display by layer order": "<style>@layer a,b;@layer a{.x{display:none}}"
    "@layer b{.x{display:block}}"
    "</style>||<p class=x>{S}</p>",
    "unlayered beats layered": "<style>.x{display:block}@layer a{p.x{display:none}}</style>||"
    "<p class=x>{S}</p>",
    "not supported": "<style>@supports not (display:grid){.x{display:none}}</style>||<p class=x>"
    "{S}</p>",
    "invalid rule": "<style>.x:::y{display:none}</style>||<p class=x>{S}</p>",
    "unknown value": "||<p style='display:nonsense'>{S}</p>",
    "z-index of a menu": "||<div style='position:relative;z-index:5;background:#fff'><p>{S}</p>"
    "</div>",
    "mask that fades": "||<p style='mask-image:linear-gradient(#000,transparent)'>{S}</p>",
    "drop shadow": "||<p style='filter:drop-shadow(0 0 2px #000)'>{S}</p>",
    "font shorthand": "||<p style='font:italic bold 14px/1.5 Georgia,serif'>{S}</p>",
    "root in percent": "<style>html{font-size:62.5%}body{font-size:1.6rem}</style>||<p>{S}</p>",
    "not hidden by nothing": "||<p hidden style='display:block'>{S}</p>",
    "fade in from only": "<style>@keyframes f{from{opacity:0}}.x{animation:f 1s both}</style>||<p "
    "class=x>{S}</p>",
    "slide in from only": (
        "<style>@keyframes f{0%{opacity:0;transform:translateY(20px)}}.x{animation:f "
        ".5s ease-out forwards}</style>||<p class=x>{S}</p>"
    ),
    "pulse": "<style>@keyframes f{50%{opacity:0}}.x{animation:f 1s both}</style>||<p "
    "class=x>{S}</p>",
    "reverse fade out": (
        "<style>@keyframes f{from{opacity:1}to{opacity:0}}.x{animation:f 1s reverse "
        "both}</style>||<p class=x>{S}</p>"
    ),
    "camel variables dark": (
        "<style>:root{--bgColor:#111;--fgColor:#eee}body{background:var(--bgColor);"
        "color:var(--fgColor)}</style>||<p>{S}</p>"
    ),
    "content-visibility auto": (
        "||<div style='content-visibility:auto;contain-intrinsic-size:auto 500px'><p>{S}</p></div>"
    ),
    "inset shadow white on dark": (
        "||<p style='box-shadow:inset 0 0 0 1000px #003;color:#fff'>{S}</p>"
    ),
    "stretched link": (
        "<style>.c{position:relative}.c a::after{content:'';position:absolute;inset:0;"
        "z-index:1}</style>||<div class=c><p>{S}</p><a href=/q>more</a></div>"
    ),
    "ground by before": (
        "<style>.c{position:relative;z-index:0}.c::before{content:'';position:absolute;"
        "inset:0;background:#eee;z-index:-1}</style>||<div class=c><p>{S}</p></div>"
    ),
    "veil": "<style>.c{position:relative}.c::after{content:'';position:absolute;inset:0;"
    "background:rgba(0,0,0,.05);pointer-events:none}</style>||<div class=c><p>{S}"
    "</p></div>",
    "full height": "<style>html,body{height:100%}.w{min-height:100%;overflow:hidden}</style>"
    "||<div class=w><p>{S}</p></div>",
    "app shell": "<style>html,body{height:100%;overflow:hidden}.m{height:100%;overflow:auto}"
    "</style>||<div class=m><p>{S}</p></div>",
    "inert": "||<div inert><p>{S}</p></div>",
    "dark meta": "<meta name=color-scheme content='dark'>||<p>{S}</p>",
    "dark scheme white text": (
        "<style>:root{color-scheme:dark}.x{color:#fff}</style>||<p class=x>{S}</p>"
    ),
    "alternate titled": (
        "<style title=a></style><style title=b>.x{display:none}</style>||<p class=x>{S}</p>"
    ),
    "style type charset": (
        "<style type='text/css; charset=utf-8'>.x{display:none}</style>||<p class=x>{S}</p>"
    ),
    "ratio box": "||<div style='position:relative;height:0;padding-bottom:56.25%'><div "
    "style='position:absolute;inset:0'><p>{S}</p></div></div>",
    "ratio box clip": "||<div style='position:relative;height:0;padding-bottom:56.25%;"
    "overflow:hidden'><div style='position:absolute;inset:0'><p>{S}</p></div></div>",
    "layer utilities": "<style>@layer base,utilities;@layer utilities{.block{display:block}}@layer "
    "base{p.block{display:none}}</style>||<p class=block>{S}</p>",
    "tailwind hidden md": (
        "<style>.hidden{display:none}@media (min-width:768px){.md\\:block{display:block}"
        "}</style>||<p class='hidden md:block'>{S}</p>"
    ),
    "slotted seen": "||<div><template shadowrootmode=open><style>::slotted(p){color:#333}</style>"
    "<slot></slot></template><p>{S}</p></div>",
    "named slot": "||<div><template shadowrootmode=open><slot name=a></slot></template><p slot=a>"
    "{S}</p></div>",
    "figure": "||<figure style='margin:0 -40px'><figcaption>{S}</figcaption></figure>",
    "reveal class with io": (
        "<style>.fade{opacity:0;transform:translateY(10px);transition:opacity .3s}"
        ".fade.in{opacity:1;transform:none}</style>||<p class='fade in'>{S}</p>"
    ),
    "bleed": "||<div style='width:100vw;margin-left:calc(50% - 50vw)'><p>{S}</p></div>",
    "bleed rel": "||<div style='width:100vw;position:relative;left:50%;right:50%;"
    "margin-left:-50vw;margin-right:-50vw'><p>{S}</p></div>",
    "revert shown": "<style>p.x{display:none}p.x.x{display:revert}</style>||<p class=x>{S}</p>",
    "tile under the whole page": (
        "<style>body{background:#eee url(/p.png)}</style>||<p>see <a href=/q>{S}</a></p>"
    ),
    "columns drawn by a picture": (
        "<style>article{background:#fff url(/p.png) repeat-y left}</style>||<p>{S}</p>"
    ),
    "code in a figure": "||<figure class=highlight><pre><code>{S}</code></pre></figure>",
    "caption": "||<figure><img src=/a.png><figcaption>{S}</figcaption></figure>",
    "quotation in a figure": (
        "||<figure><blockquote><p>{S}</p></blockquote><figcaption>who</figcaption></figure>"
    ),
}

DRAWN_OVER = {
    "over: rel margin": (
        "||<p>{S}</p>"
        "<div style='position:relative;margin-top:-60px;height:60px;background:#fff'></div>"
    ),
    "over: rel top": (
        "||<p>{S}</p><div style='position:relative;top:-60px;height:60px;background:#fff'></div>"
    ),
    "over: translate": (
        "||<p>{S}</p><div style='transform:translateY(-60px);height:60px;background:#fff'></div>"
    ),
    "over: translate prop": (
        "||<p>{S}</p><div style='translate:0 -60px;height:60px;background:white'></div>"
    ),
    "over: translate pct": (
        "||<p>{S}</p><div style='transform:translateY(-100%);height:60px;background:#fff'></div>"
    ),
    "over: by text": (
        "||<p>{S}</p><p style='position:relative;margin-top:-45px;background:#fff'>"
        "Pilots said that the channel was dredged well and that they were content with "
        "it.</p>"
    ),
    "over: margin-bottom": (
        "||<p style='margin-bottom:-40px'>{S}</p>"
        "<div style='position:relative;height:50px;background:#fff'></div>"
    ),
    "over: sheet": (
        "<style>.c{position:relative;margin-top:-3em;height:3em;background-color:#fefefe}"
        "</style>||<p>{S}</p><div class=c></div>"
    ),
    "over: image": (
        "||<p>{S}</p><img src=x.png style='display:block;margin-top:-60px;width:800px;height:60px'>"
    ),
    "over: inline-block": (
        "||<p>{S}</p>"
        "<span style='display:inline-block;margin-top:-60px;width:100%;height:60px;"
        "background:#fff'></span>"
    ),
    "over: wrapper": (
        "||<div><div><p>{S}</p></div></div>"
        "<section style='position:relative;margin-top:-70px'>"
        "<div style='background:#fff;height:80px'></div></section>"
    ),
    "over: grid cell": (
        "||<div style='display:grid'><p style='grid-area:1/1'>{S}</p>"
        "<div style='grid-area:1/1;background:#fff;height:60px'></div></div>"
    ),
    "over: grid row": (
        "||<div style='display:grid'><p style='grid-row:1;grid-column:1'>{S}</p>"
        "<div style='grid-row:1;grid-column:1;background:#fff;height:80px'></div></div>"
    ),
    "over: grid named": (
        "<style>.g{display:grid;grid-template-areas:'a'}.g>*{grid-area:a}</style>"
        "||<div class=g><p>{S}</p><div style='background:#fff;height:80px'></div></div>"
    ),
    "over: flex column": (
        "||<div style='display:flex;flex-direction:column'><p>{S}</p>"
        "<div style='background:#fff;height:80px;margin-top:-60px'></div></div>"
    ),
    "over: flex row": (
        "||<div style='display:flex'><p style='width:400px'>{S}</p>"
        "<div style='background:#fff;width:400px;height:80px;margin-left:-400px'></div></div>"
    ),
    "over: same line": (
        "||<p>"
        "{S}<span style='display:inline-block;position:relative;left:-500px;width:500px;"
        "height:20px;background:#fff'></span></p>"
    ),
    "over: gradient": (
        "||<p>{S}</p>"
        "<div style='position:relative;margin-top:-60px;height:60px;"
        "background:linear-gradient(#fff,#fff)'></div>"
    ),
    "over: z-index": (
        "||<p style='position:relative;z-index:1'>{S}</p>"
        "<div style='position:relative;z-index:2;margin-top:-60px;height:60px;"
        "background:#fff'></div>"
    ),
    "over: opacity layer": (
        "||<p>{S}</p><div style='opacity:.99;margin-top:-60px;height:60px;background:#fff'></div>"
    ),
    "over: sticky": (
        "||<p>{S}</p>"
        "<div style='position:sticky;top:0;margin-top:-60px;height:60px;background:#fff'>"
        "</div>"
    ),
    "over: two steps": (
        "||<p>{S}</p>"
        "<div style='position:relative;margin-top:-30px;top:-30px;height:60px;"
        "background:#fff'></div>"
    ),
    "over: empty box between": (
        "||<p>{S}</p><div style='height:40px'></div>"
        "<div style='position:relative;margin-top:-100px;height:100px;background:#fff'></div>"
    ),
    "over: in em": (
        "||<p>{S}</p>"
        "<div style='position:relative;margin-top:-4em;height:4em;background:#fff'></div>"
    ),
    "over: spacer pulled": (
        "||<p>{S}</p><div style='margin-top:-60px'></div>"
        "<div style='position:relative;height:60px;background:#fff'></div>"
    ),
    "over: small margins": (
        "<style>*{margin:0}</style>||<p>{S}</p>"
        "<p style='position:relative;top:-20px;height:22px;background:#fff'></p>"
    ),
    "over: from below, far": (
        "||<p>{S}</p><p>Second paragraph stays.</p>"
        "<div style='position:relative;top:-90px;height:90px;background:#fff'></div>"
    ),
    "over: before": (
        "<style>"
        ".n{position:relative}.n::before{content:'';display:block;position:relative;"
        "margin-top:-60px;height:60px;background:#fff}</style>||<p>{S}</p><div class=n>"
        "Next words.</div>"
    ),
}

NOT_OVER = {
    "beside: plain block ground under text": (
        "||<p>{S}</p><div style='margin-top:-60px;height:60px;background:#fff'></div>"
    ),
    "beside: transparent card": (
        "||<p>{S}</p><div style='position:relative;margin-top:-60px;height:60px'></div>"
    ),
    "beside: avatar": (
        "||<div style='height:200px;background:#246'></div>"
        "<img src=a.png width=100 height=100 style='margin-top:-50px;border-radius:50%;"
        "position:relative'><p>{S}</p>"
    ),
    "beside: avatar after name": (
        "||<p>{S}</p>"
        "<img src=a.png style='margin-top:-40px;width:60px;height:60px;float:right;"
        "position:relative'>"
    ),
    "beside: hero and card": (
        "||<div style='height:300px;background:#eef'><h2>{S}</h2></div>"
        "<div style='position:relative;margin-top:-80px;background:#fff'><p>"
        "Some more words on it, in a card.</p></div>"
    ),
    "beside: hero padded and card": (
        "||<div style='padding:60px 0 120px;background:#eef'><p>{S}</p></div>"
        "<div style='position:relative;margin-top:-80px;background:#fff;padding:20px'><p>"
        "Words.</p></div>"
    ),
    "beside: pull-up heading": (
        "||<p>{S}</p><h2 style='position:relative;margin-top:-10px;background:#fff'>Next</h2>"
    ),
    "beside: heading over border": (
        "||<p>{S}</p><hr>"
        "<h3 style='position:relative;top:-22px;display:inline-block;background:#fff;"
        "padding:0 10px'>Next</h3>"
    ),
    "beside: card text itself": (
        "||<p>Words before.</p>"
        "<div style='position:relative;margin-top:-15px;background:#fff'><p>{S}</p></div>"
    ),
    "beside: lifted text": (
        "||<p style='position:relative;z-index:3'>{S}</p>"
        "<div style='position:relative;margin-top:-60px;height:60px;background:#fff'></div>"
    ),
    "beside: behind": (
        "||<p>{S}</p>"
        "<div style='position:relative;z-index:-1;margin-top:-60px;height:60px;"
        "background:#fff'></div>"
    ),
    "beside: narrow": (
        "||<p>{S}</p>"
        "<div style='position:relative;margin-top:-60px;width:60px;height:60px;"
        "background:#fff'></div>"
    ),
    "beside: grid stack text last": (
        "||<div style='display:grid'><img style='grid-area:1/1' src=x>"
        "<p style='grid-area:1/1'>{S}</p></div>"
    ),
    "beside: grid side by side": (
        "||<div style='display:grid;grid-template-columns:1fr 1fr'><p style='grid-area:1/1'>"
        "{S}</p><div style='grid-area:1/2;background:#fff;height:60px'></div></div>"
    ),
    "beside: anchor offset": (
        "<style>.a{display:block;position:relative;top:-80px;visibility:hidden}</style>||<p>"
        "{S}</p><a class=a id=x></a><p>Next.</p>"
    ),
    "beside: scroll margin": (
        "<style>"
        "h2::before{content:'';display:block;height:80px;margin-top:-80px;"
        "visibility:hidden}</style>||<p>{S}</p><h2>Next</h2>"
    ),
    "beside: row gutters": (
        "<style>"
        ".row{display:flex;margin:0 -15px -30px}.col{margin-bottom:30px;background:#fff;"
        "position:relative}</style>||<div class=row><div class=col><p>{S}</p></div>"
        "<div class=col><p>Other</p></div></div>"
        "<div style='position:relative;background:#fff'><p>More words.</p></div>"
    ),
    "beside: sticky header later": (
        "||<p>{S}</p><nav style='position:sticky;top:0;background:#fff'>Menu</nav>"
    ),
    "beside: hover lift": (
        "||<p>{S}</p><div style='transform:translateY(-4px);background:#fff'><p>Card.</p></div>"
    ),
    "beside: footer up": (
        "<style>main{min-height:100vh;padding-bottom:60px}footer{position:relative;"
        "margin-top:-60px;height:60px;background:#eee}</style>||<main><p>{S}</p></main>"
        "<footer>Foot</footer>"
    ),
    "beside: tabs": (
        "||<ul style='margin-bottom:-1px'><li>{S}</li></ul>"
        "<div style='position:relative;background:#fff;border:1px solid'><p>Pane.</p></div>"
    ),
    "beside: badge": (
        "||<p>{S} <span style='position:relative;top:-8px;background:#c00;color:#fff'>"
        "new</span></p>"
    ),
    "beside: sup": "||<p>{S}<sup style='position:relative;top:-.5em'>1</sup></p>",
    "beside: button over card edge": (
        "||<div style='padding-bottom:40px'><p>{S}</p></div><div style='text-align:center'>"
        "<a style='display:inline-block;position:relative;top:-20px;background:#06c;"
        "color:#fff;padding:10px'>Go</a></div>"
    ),
    "beside: page of cards": (
        "<style>.k{position:relative;background:#fff;margin-bottom:20px}</style>"
        "||<div class=k><p>{S}</p></div><div class=k style='margin-top:-10px'><p>Next.</p>"
        "</div>"
    ),
    "beside: overlapping avatars": (
        "||<p>{S}</p><div>"
        "<img src=a style='width:40px;height:40px;margin-left:-10px;position:relative'>"
        "<img src=b style='width:40px;height:40px;margin-left:-10px;position:relative'></div>"
    ),
    "beside: timeline": (
        "<style>li{position:relative;background:#fff}li i{position:relative;left:-30px;"
        "background:#06c;display:inline-block;width:12px;height:12px}</style>||<ul><li><i>"
        "</i>{S}</li></ul>"
    ),
}
