//! The examples of the grammar, and what holds for any text.

mod corpus;
mod plates;

use proptest::prelude::*;

use super::*;

fn below_county(text: &str, names: &dyn Names) -> String {
    use ElementKind::*;
    let reading = readings(text, names, 1).remove(0);
    let name = |kind| match kind {
        Town => "town",
        Community => "comm",
        Group => "group",
        Road => "road",
        Lane => "lane",
        SubLane => "sublane",
        Number => "no",
        Estate => "estate",
        Block => "zone",
        Building => "bldg",
        Unit => "unit",
        Floor => "floor",
        Room => "room",
        _ => "other",
    };
    let parts = reading.elements.iter().filter(|element| !matches!(element.kind, Province | City | County));
    parts.map(|element| format!("{}={}", name(element.kind), element.value)).collect::<Vec<_>>().join("; ")
}

/// Standard addresses as they are written: the text, and its parts below the county.
const EXAMPLES: &[(&str, &str)] = &[
    ("浙江省杭州市西湖区文三路478号", "road=文三路; no=478号"),
    ("浙江省杭州市西湖区文三路４７８号３幢２单元５０１室", "road=文三路; no=478号; bldg=3幢; unit=2单元; room=501室"),
    ("上海市徐汇区漕溪北路595弄3号1202室", "road=漕溪北路; lane=595弄; no=3号; room=1202室"),
    ("上海市静安区愚园路1088弄108支弄12号", "road=愚园路; lane=1088弄; sublane=108支弄; no=12号"),
    ("重庆市渝中区民生路235号附1号", "road=民生路; no=235号附1号"),
    ("四川省成都市青羊区人民南路一段86号附3号", "road=人民南路一段; no=86号附3号"),
    ("北京市东城区东四十二条21号", "road=东四十二条; no=21号"),
    ("北京市东城区南锣鼓巷59号", "road=南锣鼓巷; no=59号"),
    ("北京市海淀区中关村南大街5号院3号楼", "road=中关村南大街; no=5号院; bldg=3号楼"),
    ("江苏省苏州市姑苏区平江路十八号", "road=平江路; no=18号"),
    ("广东省深圳市福田区深南大道4009号B座", "road=深南大道; no=4009号; bldg=B座"),
    ("广东省佛山市禅城区祖庙路22号之一", "road=祖庙路; no=22号之1"),
    ("浙江省宁波市鄞州区钟公庙街道泰康中路558号", "town=钟公庙街道; road=泰康中路; no=558号"),
    ("浙江省宁波市慈溪市周巷镇天元村3组12号", "town=周巷镇; comm=天元村; group=3组; no=12号"),
    ("安徽省六安市金寨县梅山镇江店村第二村民小组8号", "town=梅山镇; comm=江店村; group=2组; no=8号"),
    ("湖北省武汉市江岸区解放大道1277号临3号", "road=解放大道; no=1277号临3号"),
    ("福建省厦门市思明区鼓浪屿街道龙头路95-1号", "town=鼓浪屿街道; road=龙头路; no=95-1号"),
    ("陕西省西安市雁塔区高新路52号高科广场A座1801室", "road=高新路; no=52号; estate=高科广场; bldg=A座; room=1801室"),
    ("辽宁省大连市中山区人民路23号虹源大厦地下1层", "road=人民路; no=23号; estate=虹源大厦; floor=地下1层"),
    ("河南省郑州市金水区花园路39号院7号楼1单元3层6号", "road=花园路; no=39号院; bldg=7号楼; unit=1单元; floor=3层; room=6号"),
    ("浙江省杭州市余杭区良渚街道杜甫新村三区12幢", "town=良渚街道; estate=杜甫新村; zone=三区; bldg=12幢"),
    ("浙江省温州市鹿城区五马街道墨池坊12弄3号", "town=五马街道; road=墨池坊; lane=12弄; no=3号"),
    ("浙江省杭州市上城区清波街道河坊街１２３－１号", "town=清波街道; road=河坊街; no=123-1号"),
    ("上海市浦东新区世纪大道100号环球金融中心72楼", "road=世纪大道; no=100号; estate=环球金融中心; floor=72楼"),
    ("江苏省南通市崇川区濠南路2号甲", "road=濠南路; no=2号甲"),
    ("浙江省杭州市西湖区文三路四百七十八号三幢二单元五〇一室", "road=文三路; no=478号; bldg=3幢; unit=2单元; room=501室"),
    ("上海市徐汇区漕溪北路595弄3-5号", "road=漕溪北路; lane=595弄; no=3-5号"),
    ("浙江省宁波市慈溪市周巷镇天元村三组十二号", "town=周巷镇; comm=天元村; group=3组; no=12号"),
    ("重庆市渝中区民生路235号附1号2-3", "road=民生路; no=235号附1号; room=2-3"),
];

/// The divisions that the examples name.
fn divisions() -> Lexicon {
    use ElementKind::*;
    let mut names = Lexicon::new();
    for (kind, all) in [
        (Province, "浙江省 上海市 重庆市 四川省 北京市 江苏省 广东省 安徽省 湖北省 福建省 陕西省 辽宁省 河南省"),
        (City, "杭州市 成都市 苏州市 深圳市 佛山市 宁波市 六安市 武汉市 厦门市 西安市 大连市 郑州市 温州市 南通市"),
        (
            County,
            "西湖区 徐汇区 静安区 渝中区 青羊区 东城区 海淀区 姑苏区 福田区 禅城区 鄞州区 慈溪市 金寨县 江岸区 思明区 雁塔区 中山区 \
             金水区 余杭区 鹿城区 上城区 浦东新区 崇川区",
        ),
        (Town, "钟公庙街道 周巷镇 梅山镇 鼓浪屿街道 良渚街道 五马街道 清波街道"),
    ] {
        all.split(' ').filter(|name| !name.is_empty()).for_each(|name| names.add(kind, name));
    }
    names
}

/// Text, what was read, what should be.
fn wrong_examples(names: &dyn Names) -> Vec<[String; 3]> {
    let read = EXAMPLES.iter().map(|(text, parts)| [text.to_string(), below_county(text, names), parts.to_lowercase()]);
    read.filter(|[_, read, parts]| read != parts).collect()
}

#[test]
fn the_examples_of_the_grammar_parse_with_a_table_of_divisions() {
    assert_eq!(wrong_examples(&divisions()), Vec::<[String; 3]>::new());
}

#[test]
fn the_examples_of_the_grammar_parse_without_a_table() {
    assert_eq!(wrong_examples(&NoNames), Vec::<[String; 3]>::new());
}

fn parts(text: &str, names: &dyn Names) -> String {
    let reading = readings(text, names, 1).remove(0);
    reading.elements.iter().map(|element| format!("{:?}={}", element.kind, element.value)).collect::<Vec<_>>().join("; ")
}

#[test]
fn western_addresses_have_their_number_before_or_after_the_street() {
    for (text, expected) in [
        ("12-14 Main St Apt 3", "Number=12-14; Road=main st; Room=apt 3"),
        ("Hauptstrasse 12a", "Road=hauptstrasse; Number=12a"),
        ("12a Hauptstraße", "Number=12a; Road=hauptstrasse"),
        ("Im Bretscha 22, 9494 Schaan", "Road=im bretscha; Number=22; Postcode=9494; Town=schaan"),
        ("Hauptstrasse 12a 9490 Vaduz", "Road=hauptstrasse; Number=12a; Postcode=9490; Town=vaduz"),
        ("9490 Vaduz, Äulestrasse 5", "Postcode=9490; Town=vaduz; Road=aulestrasse; Number=5"),
        ("18½ Mt. Auburn Street, Cambridge, MA 02138", "Number=18 1/2; Road=mt auburn street; Town=cambridge; Province=ma; Postcode=02138"),
        ("1600 Massachusetts Ave", "Number=1600; Road=massachusetts ave"),
        ("350 5th Avenue, 21st Floor", "Number=350; Road=5th avenue; Floor=21st floor"),
        ("221B Baker Street London", "Number=221b; Road=baker street; Town=london"),
        ("Massachusetts Ave & Brookline St", "Road=massachusetts ave; Hint=&; Road=brookline st"),
        ("Via Roma 5", "Road=via roma; Number=5"),
        ("via barberia, 22 40123 - Bologna", "Road=via barberia; Number=22; Postcode=40123; Town=bologna"),
        ("Anderter Straße 1 - 3 Hannover", "Road=anderter strasse; Number=1 - 3; Town=hannover"),
        ("Lister Meile 29 D Hannover", "Road=lister meile; Number=29 d; Town=hannover"),
        ("Via Gessi n. 2", "Road=via gessi; Other=n; Number=2"),
        ("Main St N 2", "Road=main st n; Number=2"),
        ("5 The Promenade", "Number=5; Road=the promenade"),
    ] {
        assert_eq!(parts(text, &NoNames), expected, "{text}");
    }
}

#[test]
fn a_flat_in_hong_kong_runs_from_the_small_to_the_large() {
    let expected = "Room=flat 3; Floor=12/f; Building=block b; Estate=garden rivera; Number=20; Road=tai chung kiu road; Town=sha tin";
    assert_eq!(parts("Flat 3, 12/F, Block B, Garden Rivera, 20 Tai Chung Kiu Road, Sha Tin", &NoNames), expected);
}

#[test]
fn a_known_name_decides_where_the_street_ends() {
    let mut names = Lexicon::new();
    names.add(ElementKind::Road, "Austrasse Süd");
    names.add(ElementKind::Town, "Triesen");
    assert_eq!(parts("Austrasse Süd Triesen 7", &names), "Road=austrasse sud; Town=triesen; Number=7");
}

#[test]
fn plates_of_taiwan_and_every_way_to_write_a_number_are_read() {
    for (text, expected) in [
        (
            "宜蘭縣五結鄉孝威村12鄰五結中路三段516巷45弄8之2號",
            "County=宜兰县; Town=五结乡; Community=孝威村; Group=12邻; Road=五结中路三段; Lane=516巷; SubLane=45弄; Number=8之2号",
        ),
        ("宜蘭縣羅東鎮中正路12號8樓之3", "County=宜兰县; Town=罗东镇; Road=中正路; Number=12号; Floor=8楼之3"),
        ("羅東鎮中正路 １２ 號", "Town=罗东镇; Road=中正路; Number=12号"),
        ("南京西路10衖3號", "Road=南京西路; Lane=10巷; Number=3号"),
        ("文三路478-2", "Road=文三路; Number=478-2"),
        ("世贸花园5#1101", "Estate=世贸花园; Building=5号楼; Room=1101"),
    ] {
        assert_eq!(parts(text, &NoNames), expected, "{text}");
    }
}

#[test]
fn words_that_say_where_from_a_place_are_apart() {
    for (text, expected) in [
        ("文三路与学院路交叉口", "Road=文三路; Hint=与; Road=学院路; Hint=交叉口"),
        ("文三路478号附近", "Road=文三路; Number=478号; Hint=附近"),
        ("西湖区黄龙体育中心对面", "County=西湖区; Estate=黄龙体育中心; Hint=对面"),
    ] {
        assert_eq!(parts(text, &NoNames), expected, "{text}");
    }
}

#[test]
fn spans_are_bytes_of_the_text_as_it_was_given() {
    let text = "  文三路，４７８ 號 (三幢) 五〇一室";
    let reading = readings(text, &NoNames, 1).remove(0);
    let spans: Vec<&str> = reading.elements.iter().map(|element| &text[element.span.clone()]).collect();
    assert_eq!(spans, ["文三路", "４７８ 號", "三幢", "五〇一室"]);
    assert_eq!(reading.first(ElementKind::Room).map(|room| room.value.as_str()), Some("501室"));
}

#[test]
fn a_name_of_the_register_wins_over_a_pattern() {
    let text = "南湖区中山路东风新村路8号";
    let mut names = Lexicon::new();
    names.add(ElementKind::County, "南湖区");
    names.add(ElementKind::Road, "中山路东风新村路");
    assert_eq!(parts(text, &names), "County=南湖区; Road=中山路东风新村路; Number=8号");
    assert_ne!(parts(text, &NoNames), parts(text, &names));
}

#[test]
fn other_readings_follow_the_best_and_differ() {
    let all = readings("文三路3-5号", &NoNames, 4);
    assert!(all.len() > 1 && all.len() <= 4);
    assert!(all.is_sorted_by_key(|reading| reading.penalty));
    assert!(all.iter().skip(1).all(|reading| reading.elements != all[0].elements));
    assert!(readings("文三路", &NoNames, 0).is_empty() && readings(" ,;。", &NoNames, 3).is_empty());
}

#[test]
fn what_is_too_long_to_read_is_said() {
    let text = "文三路478号".repeat(200);
    let reading = readings(&text, &NoNames, 1).remove(0);
    let last = reading.elements.last().unwrap();
    assert_eq!((last.kind, last.span.end), (ElementKind::Other, text.len()));
}

#[test]
fn four_kilobytes_of_the_hardest_text_are_read_in_bounded_time() {
    let names = divisions();
    for piece in ["一", "1", "a", "路", "1号", "一号楼", "西湖区文三路12-3-401室", "a1-", "-", "st 1 ", "a & ", "½", "𠀀"] {
        let text = piece.repeat(4096 / piece.len());
        let before = std::time::Instant::now();
        readings(&text, &names, 5);
        let took = before.elapsed();
        assert!(took.as_millis() < 1000, "{piece}: {took:?}");
    }
}

fn check(text: &str, names: &dyn Names) -> Result<(), TestCaseError> {
    for reading in readings(text, names, 3) {
        let mut end = 0;
        for element in &reading.elements {
            prop_assert!(element.span.start >= end && element.span.start < element.span.end, "{:?} in {text:?}", reading.elements);
            prop_assert!(text.get(element.span.clone()).is_some(), "{:?} in {text:?}", element.span);
            end = element.span.end;
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read_in_order_and_on_the_bounds_of_signs(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        check(&String::from_utf8_lossy(&bytes), &NoNames)?;
    }

    #[test]
    fn any_text_is_read_in_order_and_on_the_bounds_of_signs(text in "\\PC{0,200}") {
        check(&text, &divisions())?;
    }

    #[test]
    fn any_pieces_of_addresses_are_read_in_order(
        text in "[0-9一二十百〇之附临第号號巷弄支段路街村镇区县市省楼层室幢单元院甲东与口a-cF#/ ,&½㎡㈠\u{FDFA}-]{0,40}"
    ) {
        check(&text, &divisions())?;
    }

    #[test]
    fn any_words_are_read_in_order(text in "([0-9]{1,5}|[a-z]{1,8}|st|ave|apt|and|[,&/-]| |½|\u{FDFA}){0,60}") {
        check(&text, &NoNames)?;
    }
}
